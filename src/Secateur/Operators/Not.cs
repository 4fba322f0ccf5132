using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Not</c>: Y = ¬X; booleans.</summary>
internal sealed class Not : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.logical_not();
}
