using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>IsInf</c>: Y = whether X is infinite, of the signs that <c>detect_positive</c> and <c>detect_negative</c> ask for; booleans.</summary>
internal sealed class IsInf : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => (node.Flag("detect_negative", true), node.Flag("detect_positive", true)) switch
    {
        (true, true) => x.isinf(),
        (true, false) => x.isinf().logical_and(x.lt(0)),
        (false, true) => x.isinf().logical_and(x.gt(0)),
        _ => zeros_like(x, ScalarType.Bool),
    };
}
