using System.Collections.Immutable;
using Secateur.Onnx;
using Secateur.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>What a model computes from constants that nothing changes: computed once, not at every run.</summary>
/// <remarks>
/// Left in the run are nodes that draw numbers or behave otherwise in training, that hold graphs, that make an output of the model, whose results are large, and
/// those that fail: they say so when they are run.
/// </remarks>
internal sealed class Folding : IDisposable
{
    private const long Most = 64 << 20, MostTogether = 256 << 20; // bytes of a node's results, of all that are kept

    private readonly Dictionary<string, Tensor> values = [];
    private readonly Dictionary<string, ImmutableArray<long>> shapes = [];
    private readonly HashSet<Node> nodes = [];

    /// <param name="model">The model.</param>
    /// <param name="constants">Its constants by name.</param>
    /// <param name="changed">Those that training changes.</param>
    public Folding(OnnxModel model, IReadOnlyDictionary<string, Tensor> constants, IReadOnlySet<string> changed)
    {
        using var quiet = QuietHeap.EnterBriefly();
        using var frozen = no_grad();
        var known = constants.Where(constant => !changed.Contains(constant.Key)).ToDictionary();
        var leaving = model.Graph.Outputs.Select(output => output.Name).ToHashSet();
        var held = 0L;
        foreach (var node in model.Graph.AllNodes)
        {
            if (node.Subgraphs.Any() || node.Outputs.Any(leaving.Contains) || !node.Inputs.All(name => name.Length == 0 || known.ContainsKey(name))) continue;
            var how = Operator.For(node, model.Path);
            if (!how.Repeats || Made(node, how, known, MostTogether - held) is not { } made) continue;
            nodes.Add(node);
            foreach (var (name, tensor) in node.Outputs.Zip(made))
            {
                if (name.Length == 0) continue;
                (known[name], values[name], shapes[name]) = (tensor, tensor, [.. tensor.shape]);
                held += tensor.numel() * tensor.element_size();
            }
        }
        var read = model.Graph.AllNodes.Where(node => !nodes.Contains(node)).SelectMany(node => node.Inputs.Concat(node.Subgraphs.SelectMany(graph => graph.Outputs.Select(output => output.Name)))).ToHashSet();
        foreach (var (name, tensor) in values.Where(value => !read.Contains(value.Key)).ToArray())
        {
            values.Remove(name);
            tensor.Dispose();
        }
    }

    /// <summary>The nodes that need not be run.</summary>
    public IReadOnlySet<Node> Nodes => nodes;

    /// <summary>What other nodes read of their results, by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Values => values;

    /// <summary>Of all their results.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<long>> Shapes => shapes;

    public void Dispose()
    {
        foreach (var tensor in values.Values) tensor.Dispose();
    }

    private static Tensor[]? Made(Node node, Operator known, Dictionary<string, Tensor> values, long room)
    {
        using var scope = NewDisposeScope();
        try
        {
            var given = node.Inputs.Select(name => name.Length == 0 ? null : (IDisposable)values[name]).ToArray();
            var made = Pass.Execute(node, known, given, default, (_, _) => []);
            if (!made.All(value => value is Tensor)) return null;
            var tensors = made.Cast<Tensor>().ToArray();
            if (tensors.Sum(tensor => tensor.numel() * tensor.element_size()) > Math.Min(Most, room)) return null;
            foreach (var tensor in tensors) tensor.DetachFromDisposeScope();
            return tensors;
        }
        catch (SecateurException)
        {
            return null;
        }
    }
}
