using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Erf</c>: the error function, Y = 2/√π · ∫₀ˣ exp(−t²) dt.</summary>
internal sealed class Erf : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.erf();
}
