using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>ONNX <c>Optional</c>: X as a value that may be missing; without X one that is.</summary>
internal sealed class Optional : SequenceOperator
{
    public override IDisposable Run(Node node, IDisposable?[] inputs) => inputs is [{ } value, ..] ? value.Alias() : Absent.Value;
}
