using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>HardSwish</c>: Y = X · max(0, min(1, X/6 + 1/2)).</summary>
internal sealed class HardSwish : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => functional.hardswish(x);
}
