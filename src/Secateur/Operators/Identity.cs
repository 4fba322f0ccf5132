using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Identity</c>: Y = X.</summary>
internal sealed class Identity : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.alias();
}
