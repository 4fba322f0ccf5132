using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>
/// The values that a graph computes from the sizes of its tensors: targets of Reshape, bounds of Slice, scales such as 1/√size. Known without
/// running anything else, for the graph as it is or as it would be with other sizes.
/// </summary>
internal sealed class SizeArithmetic
{
    private const long Most = 1 << 18; // elements of a value that is worth knowing

    private readonly Dictionary<string, Tensor> known = [];
    private readonly Dictionary<string, HashSet<string>> sources = [];

    private SizeArithmetic() { }

    /// <summary>Runs what depends on constants and sizes alone. Tensors belong to the caller's dispose scope.</summary>
    /// <param name="network">Of the graph.</param>
    /// <param name="sizes">The shape of a value; null where it is not known.</param>
    /// <param name="constants">A constant as it will be; as it is where none is given.</param>
    public static SizeArithmetic Of(Network network, Func<string, long[]?> sizes, Func<string, Tensor, Tensor?>? constants = null)
    {
        var made = new SizeArithmetic();
        using var frozen = no_grad();
        using var quiet = QuietHeap.Enter();
        foreach (var (name, constant) in network.Constants)
            if (constant.numel() <= Most && (constants is null ? constant.detach() : constants(name, constant.detach())) is { } own) made.known[name] = own;
        foreach (var node in network.Graph.Nodes) made.Take(node, network.Model.Path, sizes);
        return made;
    }

    /// <summary>A value's elements; null where it is not known.</summary>
    public Tensor? this[string name] => known.GetValueOrDefault(name);

    /// <summary>Whether a value was computed from sizes, not from constants alone.</summary>
    public bool IsComputed(string name) => sources.ContainsKey(name);

    /// <summary>The values whose sizes a value was computed from.</summary>
    public IEnumerable<string> Sources(string name) => sources.GetValueOrDefault(name, []);

    /// <summary>The elements of a value of integers; null where it is not known.</summary>
    public long[]? Integers(string name) => this[name] is { } tensor && tensor.is_integral() ? tensor.to(ScalarType.Int64).contiguous().data<long>().ToArray() : null;

    private void Take(Node node, string path, Func<string, long[]?> sizes)
    {
        if (node.Subgraphs.Any() || node.Outputs.Length == 0) return;
        var measures = node.OpType is "Shape" or "Size" && node.Domain.Length == 0;
        if (!measures && !node.Inputs.All(name => name.Length == 0 || known.ContainsKey(name))) return;
        if (node.OpType.StartsWith("Random", StringComparison.Ordinal) || node.OpType is "Bernoulli" or "Multinomial" or "Dropout") return;
        try
        {
            IDisposable?[] inputs = measures ? [Empty(sizes(node.Inputs[0]))] : [.. node.Inputs.Select(name => name.Length == 0 ? null : known[name])];
            if (measures && inputs[0] is null) return;
            using var scope = NewDisposeScope();
            var outputs = Operator.For(node, path).RunValues(node, inputs, default, (_, _) => []);
            foreach (var (name, output) in node.Outputs.Zip(outputs))
            {
                if (output is not Tensor tensor || tensor.numel() > Most) continue; // nor is a sequence worth knowing
                known[name] = tensor.MoveToOuterDisposeScope();
                if (measures) sources[name] = [node.Inputs[0]];
                else if (node.Inputs.Any(sources.ContainsKey)) sources[name] = [.. node.Inputs.SelectMany(Sources)];
            }
        }
        catch (Exception e) when (e is SecateurException or System.Runtime.InteropServices.ExternalException or ArgumentException or IndexOutOfRangeException)
        {
            // such sizes do not go through: the value stays unknown, and whoever needs it says so
        }
    }

    /// <summary>A tensor of a shape that holds one element alone.</summary>
    private static Tensor? Empty(long[]? shape) => shape is null ? null : zeros([]).expand(shape);
}
