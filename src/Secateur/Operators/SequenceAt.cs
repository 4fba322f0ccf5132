using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>ONNX <c>SequenceAt</c>: the tensor at a position; a negative one counts from the end.</summary>
internal sealed class SequenceAt : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs)
    {
        var tensors = node.Sequence(inputs, 0).Tensors;
        return tensors[Position(node, inputs, 1, tensors.Length, 0)].alias();
    }
}
