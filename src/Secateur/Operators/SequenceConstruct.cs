using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>ONNX <c>SequenceConstruct</c>: the sequence of its inputs.</summary>
internal sealed class SequenceConstruct : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs) => Of(node, [.. inputs.Select((_, place) => node.Tensor(inputs, place))]);
}
