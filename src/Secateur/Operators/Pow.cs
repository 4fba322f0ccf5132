using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Pow</c>: Y = A to the power of B, in A's type.</summary>
internal sealed class Pow : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b)
    {
        // a single exponent, the square above all, takes LibTorch's fast way
        var y = b.numel() == 1 && b.dim() <= a.dim() && !b.requires_grad ? a.pow(b.ToScalar()) : a.pow(b);
        return y.dtype == a.dtype ? y : y.to(a.dtype);
    }
}
