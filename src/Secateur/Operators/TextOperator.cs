using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>An operator that reads or makes texts, in a network only. No axis of what goes in and out may shrink.</summary>
internal abstract class TextOperator : Operator
{
    public override string WhyWhole => "works on texts";

    /// <summary>Runs the node.</summary>
    /// <param name="node">The node with its attributes.</param>
    /// <param name="inputs">In the node's order.</param>
    public abstract IDisposable[] Run(Node node, IDisposable?[] inputs);

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        throw new NotSupportedException($"{node.OpType} runs in a network only.");

    internal sealed override IDisposable[] RunValues(Node node, IDisposable?[] inputs, Mode mode, Subgraph run) => Run(node, inputs);
}
