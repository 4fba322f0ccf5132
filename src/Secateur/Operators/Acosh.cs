using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Acosh</c>: Y = arcosh X; NaN below 1.</summary>
internal sealed class Acosh : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.acosh();
}
