using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ArgMax</c>: where along <c>axis</c> the greatest is.</summary>
internal sealed class ArgMax : ArgReduction
{
    protected override Tensor Find(Tensor x, long axis, bool keep) => x.argmax(axis, keep);
}
