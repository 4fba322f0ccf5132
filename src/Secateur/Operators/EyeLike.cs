using Secateur.Execution;
using Secateur.Onnx;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>EyeLike</c>: a matrix of X's shape, 1 on the diagonal <c>k</c>, 0 elsewhere, of type <c>dtype</c> or X's own.</summary>
internal sealed class EyeLike : Operator
{
    public override string WhyWhole => "makes a diagonal along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, k) = (inputs[0]!, node.Int("k"));
        if (x.dim() != 2) throw node.Error($"its input has {x.dim()} axes, a matrix is needed; check the data's shape");
        return [ones(x.shape).triu(k).tril(k).to(node.Has("dtype") ? TorchTensors.TypeOf((DataType)node.Int("dtype")) : x.dtype)];
    }
}
