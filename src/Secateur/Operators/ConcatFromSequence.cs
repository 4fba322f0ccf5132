using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ConcatFromSequence</c>: the tensors one after the other along <c>axis</c>, or where <c>new_axis</c> is 1 stacked on a new one.</summary>
internal sealed class ConcatFromSequence : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs)
    {
        var tensors = node.Sequence(inputs, 0).Tensors;
        if (tensors.Length == 0) throw node.Error("joins a sequence of no tensors; check the data's shape against the model's inputs");
        return node.Flag("new_axis")
            ? stack([.. tensors], node.Axis("axis", 0, tensors[0].dim() + 1))
            : cat([.. tensors], node.Axis("axis", 0, tensors[0].dim()));
    }
}
