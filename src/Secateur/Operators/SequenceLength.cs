using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>SequenceLength</c>: the number of its tensors, int64 of shape [].</summary>
internal sealed class SequenceLength : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs) => tensor((long)node.Sequence(inputs, 0).Tensors.Length);
}
