using static TorchSharp.Modules.GELU;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>FastGelu</c>: Gelu of X + bias (left out: of X) by its approximation with tanh.</summary>
internal sealed class FastGelu : BiasedActivation
{
    protected override Tensor Apply(Tensor x) => functional.gelu(x, Approximate.tanh);
}
