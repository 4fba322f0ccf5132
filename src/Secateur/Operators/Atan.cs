using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Atan</c>: Y = arctan X.</summary>
internal sealed class Atan : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.atan();
}
