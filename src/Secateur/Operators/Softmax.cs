using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>Softmax</c>: Y = eˣ / Σ eˣ.</summary>
internal sealed class Softmax : Normalizer
{
    protected override Tensor Apply(Tensor x, long axis) => functional.softmax(x, axis);
}
