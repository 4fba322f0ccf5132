using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>Finds linear layers that make a value of the shape that they read: a convolution or matrix product, with its bias and batch normalization. What follows can read their input instead.</summary>
/// <remarks>
/// Such a layer is off when its weight is the identity and all else of it neutral, exactly so: activations are no part of it, and stay. Whether a
/// weight can be the identity is asked of the node, by running it.
/// </remarks>
/// <param name="network">Of the graph.</param>
/// <param name="settings">Its shapes.</param>
/// <param name="flow">Of the same graph.</param>
internal sealed class SequentialLayers(Network network, ImmutableArray<Setting> settings, Flow flow)
{
    private const double MostError = 1e-4; // of the identity, relative: a convolution may be computed in another domain

    /// <param name="inside">Nodes that go with a residual branch, and not alone.</param>
    /// <param name="names">Those that branches have, which grow.</param>
    public IEnumerable<Branch> Find(IReadOnlySet<Node> inside, HashSet<string> names)
    {
        var own = network.Graph.Nodes.ToHashSet();
        foreach (var weight in network.Weights)
        {
            var node = weight.Node;
            if (node is not { Domain: "", OpType: "Conv" or "Gemm" or "MatMul" } || weight is not { Input: 1, Between: [] } || inside.Contains(node) || !own.Contains(node)
                || network.Constants.ContainsKey(node.Inputs[0]) || !Agree(node, 0)) continue;
            var path = Path(node, inside);
            var values = path.SelectMany(step => Neutral(step.Node, step.Place, weight)).ToLookup(pair => pair.Name, pair => pair.Value);
            var neutral = values.ToDictionary(value => value.Key, value => value.First());
            ImmutableArray<Node> nodes = [.. path.Select(step => step.Node)];
            var held = neutral.Keys.Select(name => Fault(name, nodes)).FirstOrDefault(fault => fault is not null)
                ?? values.Where(value => value.Count() > 1).Select(value => $"held by '{node.Name}' ({node.OpType}): '{value.Key}' is read in two places of the layer").FirstOrDefault() ?? (IsIdentity(weight, neutral) ? null : $"held by '{node.Name}' ({node.OpType}): no weight makes it the identity");
            yield return new(names.Add(weight.Name) ? weight.Name : node.Name, path, nodes, [weight.Name], held is null ? [.. neutral.Keys] : [], held) { Off = name => neutral[name]() };
        }
    }

    /// <summary>The node and what is linear after it and read by nothing else: the bias of a product, a batch normalization.</summary>
    private ImmutableArray<(Node Node, int Place)> Path(Node first, IReadOnlySet<Node> inside)
    {
        List<(Node, int)> path = [(first, 0)];
        var value = first.Outputs[0];
        while (!flow.Leaving.Contains(value) && flow.Readers(value) is [{ Domain: "" } next] && !inside.Contains(next))
        {
            var place = next.Inputs.IndexOf(value);
            if (!(next is { OpType: "BatchNormalization", Inputs.Length: 5 } && place == 0) && !(next is { OpType: "Add", Inputs: [_, _] } && network.Parameters.ContainsKey(next.Inputs[1 - place]))) break;
            if (!Agree(next, place)) break;
            path.Add((next, place));
            value = next.Outputs[0];
        }
        return [.. path];
    }

    /// <summary>The constants of a node of the path with the values by which it hands on what it reads.</summary>
    private IEnumerable<(string Name, Func<Tensor> Value)> Neutral(Node node, int place, Weight weight)
    {
        if (node == weight.Node)
        {
            yield return (weight.Name, () => Identity(weight, 1));
            if (node.HasInput(2)) yield return Filled(node.Inputs[2], 0);
        }
        else if (node.OpType == "Add") yield return Filled(node.Inputs[1 - place], 0);
        else
        {
            yield return Filled(node.Inputs[1], 1);
            yield return Filled(node.Inputs[2], 0);
            yield return Filled(node.Inputs[3], 0);
            yield return Filled(node.Inputs[4], 1 - node.Float("epsilon", 1e-5f));
        }
    }

    private (string, Func<Tensor>) Filled(string name, double value) => (name, () => full([.. network.Constants[name].shape], value, network.Constants[name].dtype));

    private string? Fault(string name, ImmutableArray<Node> nodes) =>
        !network.Constants.ContainsKey(name) ? $"held by '{nodes[0].Name}' ({nodes[0].OpType}): '{name}' is computed"
        : flow.Readers(name).FirstOrDefault(reader => !nodes.Contains(reader)) is { } other ? $"held by '{other.Name}' ({other.OpType}): it reads '{name}' too" : null;

    /// <summary>[out, in, kernel], one where output and input are the same channel.</summary>
    /// <param name="weight">Its outputs are as many as its inputs in all groups.</param>
    /// <param name="rounding">0 or 1: added before an even kernel is halved.</param>
    private static Tensor Identity(Weight weight, int rounding)
    {
        var node = weight.Node;
        if (node.OpType != "Conv") return (eye(weight.Outputs, dtype: weight.Tensor.dtype) / node.Float("alpha", 1)).expand([.. weight.Shape]).contiguous();
        var kernel = zeros([.. weight.Shape], weight.Tensor.dtype);
        var centre = kernel;
        foreach (var size in weight.Shape.AsSpan()[2..]) centre = centre.select(2, (size - rounding) / 2);
        centre.copy_(arange(weight.Outputs).remainder(weight.Inputs).unsqueeze(1).eq(arange(weight.Inputs)));
        return kernel;
    }

    /// <summary>Whether it is off with these values; of an even kernel either middle may be right.</summary>
    private bool IsIdentity(Weight weight, Dictionary<string, Func<Tensor>> neutral)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var generator = new Generator(7);
        var node = weight.Node;
        var x = randn([.. settings[0].Shapes[node.Inputs[0]]], generator: generator).to(weight.Tensor.dtype);
        foreach (var rounding in (int[])[1, 0])
        {
            Tensor?[] inputs = [x, Identity(weight, rounding), .. node.Inputs.Skip(2).Select(name => name.Length == 0 ? null : neutral[name]())];
            var y = Operator.For(node, network.Model.Path).Run(node, inputs, default)[0];
            if (y.shape.SequenceEqual(x.shape) && (x.numel() == 0 || (y - x).abs().max().ToDouble() <= MostError * x.abs().max().ToDouble()))
            {
                neutral[weight.Name] = () => Identity(weight, rounding);
                return true;
            }
        }
        return false;
    }

    private bool Agree(Node node, int place) => settings.All(setting => setting.Shapes.Has(node.Inputs[place]) && setting.Shapes.Has(node.Outputs[0])
        && is_floating_point(setting.Shapes.TypeOf(node.Inputs[place])) && setting.Shapes[node.Inputs[place]].SequenceEqual(setting.Shapes[node.Outputs[0]]));
}
