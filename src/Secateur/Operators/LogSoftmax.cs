using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>LogSoftmax</c>: Y = X − ln Σ eˣ.</summary>
internal sealed class LogSoftmax : Normalizer
{
    protected override Tensor Apply(Tensor x, long axis) => functional.log_softmax(x, axis);
}
