using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Log</c>: the natural logarithm; NaN below zero.</summary>
internal sealed class Log : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => x.log();
}
