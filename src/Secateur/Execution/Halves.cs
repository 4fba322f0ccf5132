using Secateur.Onnx;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>
/// float16 and bfloat16. Their numbers are held and computed with as float32, as ONNX Runtime does on a CPU: so sums, scores and gradients neither overflow nor
/// vanish. Rounded to the file's type are what nodes read of learned constants, what a Cast makes, and what enters and leaves the graph.
/// </summary>
internal static class Halves
{
    /// <summary>Null for every other type.</summary>
    public static ScalarType? Of(DataType? type) => type switch
    {
        DataType.Float16 => ScalarType.Float16,
        DataType.Bfloat16 => ScalarType.BFloat16,
        _ => null,
    };

    /// <summary>The nearest numbers of a type, of two equally near the even one; beyond the largest infinity. The gradient passes unchanged, in float32.</summary>
    /// <param name="x">Of any type.</param>
    /// <param name="half">float16 or bfloat16.</param>
    /// <returns>float32; a tensor of its own.</returns>
    public static Tensor Rounded(this Tensor x, ScalarType half)
    {
        using var scope = NewDisposeScope();
        var rounded = x.detach().to(half).to(ScalarType.Float32);
        if (!x.requires_grad || !is_grad_enabled()) return rounded.MoveToOuterDisposeScope();
        var wide = x.to(ScalarType.Float32);
        var change = (rounded - wide.detach()).nan_to_num_(0, double.PositiveInfinity, double.NegativeInfinity); // exact; of an infinity it is none
        return (wide + change).MoveToOuterDisposeScope();
    }

    /// <summary>The type in the file of a value of floats: stated there, or that of what it is computed from; null where neither is known.</summary>
    public static DataType? FloatTypeOf(this Graph graph, string name)
    {
        if (Stated(name) is { } known) return known;
        HashSet<string> seen = [];
        var makers = graph.AllNodes.SelectMany(node => node.Outputs.Where(output => output.Length > 0).Select(output => (output, node))).ToDictionary(made => made.output, made => made.node);
        return Of(name);

        DataType? Of(string value) =>
            Stated(value) is { } stated ? stated
            : !seen.Add(value) || !makers.TryGetValue(value, out var maker) ? null
            : maker.OpType == "Cast" ? Float((DataType)maker.Int("to"))
            : maker.Inputs.Select(Stated).FirstOrDefault(type => type is not null) ?? maker.Inputs.Select(Of).FirstOrDefault(type => type is not null);

        DataType? Stated(string value) => Float(graph.TypeOf(value));

        static DataType? Float(DataType? type) => type is { } known && TorchTensors.IsLearnable(known) ? type : null;
    }
}
