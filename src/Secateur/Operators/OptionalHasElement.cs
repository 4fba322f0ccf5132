using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>OptionalHasElement</c>: whether the value is there, one bool.</summary>
internal sealed class OptionalHasElement : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs) => tensor(inputs is [not (null or Absent), ..]);
}
