using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ArgMin</c>: where along <c>axis</c> the least is.</summary>
internal sealed class ArgMin : ArgReduction
{
    protected override Tensor Find(Tensor x, long axis, bool keep) => x.argmin(axis, keep);
}
