using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>ONNX <c>SequenceEmpty</c>: a sequence of no tensors; what is put in later has the type.</summary>
internal sealed class SequenceEmpty : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs) => new Sequence([]);
}
