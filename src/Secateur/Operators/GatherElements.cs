using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>GatherElements</c>: Y, of the indices' shape, holds at each place data's element with that index along <c>axis</c>; a
/// negative one counts from the back.
/// </summary>
internal sealed class GatherElements : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (data, indices) = (inputs[0]!, inputs[1]!.to(ScalarType.Int64));
        var axis = node.Axis("axis", 0, data.dim());
        return [data.gather(axis, where(indices.lt(0), indices + data.shape[axis], indices))];
    }
}
