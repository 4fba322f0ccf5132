using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>BiasGelu</c>: Gelu of X + bias, exact by erf.</summary>
internal sealed class BiasGelu : BiasedActivation
{
    protected override Tensor Apply(Tensor x) => functional.gelu(x);
}
