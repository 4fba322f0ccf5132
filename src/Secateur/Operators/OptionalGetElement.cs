using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>ONNX <c>OptionalGetElement</c>: the value, which must be there.</summary>
internal sealed class OptionalGetElement : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs) => inputs is [{ } value and not Absent, ..] ? value.Alias()
        : throw node.Error("its value is missing; check the data against the model's inputs");
}
