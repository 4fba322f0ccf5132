using Secateur.Execution;
using Secateur.Onnx;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Cast</c>: the elements as type <c>to</c>; floats are cut towards zero, unsigned types over 8 bits are held as int64,
/// wrapped to their width.
/// </summary>
internal sealed class Cast : Elementwise
{
    internal override Func<AxisLayout, AxisLayout?>? Relayout(Node node, Func<int, long[]?> integers) =>
        (DataType)node.Int("to") is DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16 ? layout => layout : null;

    protected override Tensor Apply(Node node, Tensor x)
    {
        var to = (DataType)node.Int("to");
        if (to is DataType.String or DataType.Undefined)
            throw node.Error($"casts to {to}, which cannot be computed with; cut the node off and export the model again");
        var y = x.to(TorchTensors.TypeOf(to));
        return to switch { DataType.Uint16 => y.bitwise_and(tensor((long)ushort.MaxValue)), DataType.Uint32 => y.bitwise_and(tensor((long)uint.MaxValue)), _ => y };
    }
}
