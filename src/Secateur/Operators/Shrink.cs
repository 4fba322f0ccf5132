using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Shrink</c>: Y = X + bias where X &lt; −lambd, X − bias where X > lambd, else 0.</summary>
internal sealed class Shrink : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x)
    {
        var (bias, bound) = (node.Float("bias"), node.Float("lambd", 0.5f));
        return where(x.lt(-bound), x + bias, where(x.gt(bound), x - bias, zeros_like(x))).to(x.dtype);
    }
}
