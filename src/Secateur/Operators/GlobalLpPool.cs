using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>GlobalLpPool</c>: the norm (Σ|x|ᵖ)^(1/p) of each channel.</summary>
internal sealed class GlobalLpPool : GlobalPooling
{
    protected override Tensor Apply(Node node, Tensor x, long[] spatial) => linalg.vector_norm(x, node.Int("p", 2), spatial, keepdim: true);
}
