using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>ONNX <c>SequenceErase</c>: the sequence without the tensor at a position, without the last where none is given.</summary>
internal sealed class SequenceErase : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs)
    {
        var tensors = node.Sequence(inputs, 0).Tensors;
        return Of(node, tensors.RemoveAt(Position(node, inputs, 1, tensors.Length, -1)));
    }
}
