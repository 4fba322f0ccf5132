using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Acos</c>: Y = arccos X; NaN outside of [−1, 1].</summary>
internal sealed class Acos : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.acos();
}
