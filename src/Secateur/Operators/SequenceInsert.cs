using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>ONNX <c>SequenceInsert</c>: the sequence with a tensor more before the one at a position, at the end where none is given.</summary>
internal sealed class SequenceInsert : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs)
    {
        var tensors = node.Sequence(inputs, 0).Tensors;
        var position = Before(node, inputs, tensors.Length);
        return Of(node, tensors.Insert(position, node.Tensor(inputs, 1)));
    }

    /// <summary>From -n to n: -1 is before the last of n tensors, n after it.</summary>
    private static int Before(Node node, IDisposable?[] inputs, int length)
    {
        if (!node.HasInput(2)) return length;
        return node.Ints(node.Tensor(inputs, 2)) is [var only] && only == length ? length : Position(node, inputs, 2, length, 0);
    }
}
