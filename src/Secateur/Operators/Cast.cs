using Secateur.Execution;
using Secateur.Onnx;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Cast</c>: the elements as type <c>to</c>; floats are cut towards zero, rounded for a float of 8 bits; unsigned types
/// over 8 bits are held as int64, wrapped to their width; a number as a text is the shortest that is read as the same.
/// </summary>
internal sealed class Cast : Elementwise
{
    internal override Func<AxisLayout, AxisLayout?>? Relayout(Node node, Func<int, long[]?> integers) =>
        TorchTensors.IsLearnable((DataType)node.Int("to")) ? layout => layout : null;

    internal override IDisposable[] RunValues(Node node, IDisposable?[] inputs, Mode mode, Subgraph run) =>
        inputs is [Texts] || (DataType)node.Int("to") == DataType.String ? [To(node, inputs[0]!, (DataType)node.Int("to"))] : base.RunValues(node, inputs, mode, run);

    protected override Tensor Apply(Node node, Tensor x) => To(node, x, (DataType)node.Int("to"));

    /// <summary>Numbers or texts as texts or numbers.</summary>
    public static IDisposable To(Node node, IDisposable x, DataType type) => (x, type) switch
    {
        (Texts, DataType.String) => x,
        (Tensor numbers, DataType.String) => Texts.Of(numbers),
        (Texts texts, _) => texts.ToNumbers(node, TypeOf(node, type)),
        _ => To(node, (Tensor)x, type),
    };

    private static Tensor To(Node node, Tensor x, DataType type)
    {
        if (Halves.Of(type) is { } half) return x.Rounded(half);
        var y = Float8.Of(type) is { } format ? format.Round(x.is_floating_point() ? x : x.to(ScalarType.Float32), node.Flag("saturate", true)) : x.to(TypeOf(node, type));
        return type switch { DataType.Uint16 => y.bitwise_and(tensor((long)ushort.MaxValue)), DataType.Uint32 => y.bitwise_and(tensor((long)uint.MaxValue)), _ => y };
    }

    private static ScalarType TypeOf(Node node, DataType type) => TorchTensors.Holds(type) && type != DataType.Undefined ? TorchTensors.TypeOf(type)
        : throw node.Error($"casts to {type}, which cannot be computed with; cut the node off and export the model again");
}
