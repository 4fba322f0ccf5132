using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>Finds the learned constants by which a value becomes exactly zero.</summary>
/// <remarks>
/// What zeros do to a node is asked of the node itself: it is run with zeros in some of its inputs and arbitrary numbers in the others. So
/// every operator takes part, also one that was never thought of here.
/// </remarks>
/// <param name="network">Of the graph.</param>
/// <param name="setting">Its shapes.</param>
/// <param name="flow">Of the same graph.</param>
/// <param name="own">The nodes of the branch; only their constants may change.</param>
internal sealed class Gate(Network network, Setting setting, Flow flow, IReadOnlySet<Node> own)
{
    private readonly Dictionary<string, Answer> known = [];

    /// <summary>Constants that close the gate, or the reason why there are none.</summary>
    public readonly record struct Answer(ImmutableArray<string> Constants, string? Fault);

    /// <param name="value">What shall become zero.</param>
    public Answer Of(string value) => known.TryGetValue(value, out var answer) ? answer : known[value] = Search(value);

    private Answer Search(string value)
    {
        if (flow.Maker(value) is not { } node) return new([], $"'{value}' is no result of the branch");
        if (!own.Contains(node)) return new([], $"'{node.Name}' ({node.OpType}): its result is read outside of the branch too");
        if (node.Subgraphs.Any()) return new([], $"'{node.Name}' ({node.OpType}): what its inner graph makes of zeros is not known");
        ImmutableArray<int> learned = [.. Places(node, name => IsLearned(name) && flow.Readers(network.Behind(name)!).Concat(flow.Readers(name)).All(own.Contains))];
        if (learned.Length > 0 && IsSilent(node, value, learned)) return new([.. learned.Select(place => network.Behind(node.Inputs[place])!)], null);
        ImmutableArray<int> computed = [.. Places(node, name => network.Behind(name) is null && flow.Maker(name) is not null && setting.Shapes.Has(name) && is_floating_point(setting.Shapes.TypeOf(name)))];
        string? fault = null;
        foreach (var place in computed)
        {
            if (!IsSilent(node, value, [.. learned, place])) continue;
            var before = Of(node.Inputs[place]);
            if (before.Fault is null) return new([.. learned.Select(one => network.Behind(node.Inputs[one])!).Union(before.Constants)], null);
            fault ??= before.Fault;
        }
        if (fault is not null) return new([], fault);
        if (computed.Length < 2 || !IsSilent(node, value, [.. learned, .. computed]))
            return new([], $"'{node.Name}' ({node.OpType}): zeros before it are no zeros behind it");
        var all = computed.Select(place => Of(node.Inputs[place])).ToArray();
        return Array.Find(all, one => one.Fault is not null) is { Fault: not null } first ? first
            : new([.. learned.Select(one => network.Behind(node.Inputs[one])!).Union(all.SelectMany(one => one.Constants))], null);
    }

    private bool IsLearned(string name) => network.Behind(name) is { } constant && network.Parameters.ContainsKey(constant);

    private static IEnumerable<int> Places(Node node, Func<string, bool> which) =>
        Enumerable.Range(0, node.Inputs.Length).Where(place => node.Inputs[place].Length > 0 && which(node.Inputs[place]));

    /// <summary>Whether zeros at these inputs make the output zero whatever the others hold.</summary>
    private bool IsSilent(Node node, string output, ImmutableArray<int> silent)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var generator = new Generator(7);
        try
        {
            Tensor?[] inputs = [.. node.Inputs.Select((name, place) => name.Length == 0 ? null : silent.Contains(place) ? zeros_like(Any(name, generator)) : Any(name, generator))];
            return Operator.For(node, network.Model.Path).Run(node, inputs, default)[node.Outputs.IndexOf(output)].count_nonzero().item<long>() == 0;
        }
        catch (Exception e) when (e is SecateurException or System.Runtime.InteropServices.ExternalException or ArgumentException or IndexOutOfRangeException or KeyNotFoundException)
        {
            return false; // it does not run on such values, so nothing is known of it
        }
    }

    /// <summary>What a value may be: a constant that is not learned, or a size, is what it is.</summary>
    private Tensor Any(string name, Generator generator)
    {
        if (!IsLearned(name) && network.Behind(name) is { } constant) return network.Constants[constant].detach().to_type(setting.Shapes.TypeOf(name));
        if (setting.Sizes[name] is { } size && !IsLearned(name)) return size;
        long[] shape = [.. setting.Shapes[name]];
        var type = setting.Shapes.TypeOf(name);
        return is_floating_point(type) ? randn(shape, generator: generator).to_type(type) : zeros(shape, type);
    }
}
