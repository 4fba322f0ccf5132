using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Mod</c>: the remainder of A / B, with B's sign, or where <c>fmod</c> is set with A's.</summary>
internal sealed class Mod : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => node.Flag("fmod") ? a.fmod(b) : a.remainder(b);
}
