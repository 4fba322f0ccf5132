using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>An operator that reads or makes sequences or values that may be missing. Gradients flow through; no axis of what goes in and out may shrink.</summary>
internal abstract class SequenceOperator : Operator
{
    public override string WhyWhole => "reads or makes a sequence";

    /// <summary>Runs the node with autograd.</summary>
    /// <param name="node">The node with its attributes.</param>
    /// <param name="inputs">In the node's order: tensors, sequences, null for an input left out.</param>
    /// <returns>The node's one output.</returns>
    public abstract IDisposable Run(Node node, IDisposable?[] inputs);

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        throw new NotSupportedException($"{node.OpType} runs in a network only.");

    internal sealed override IDisposable[] RunValues(Node node, IDisposable?[] inputs, Mode mode, Subgraph run) => [Run(node, inputs)];

    /// <summary>A place in a sequence, from 0 or, negative, back from <paramref name="places"/>; the input may be left out.</summary>
    /// <exception cref="SecateurException">It is no single integer, or there is no such place.</exception>
    protected static int Position(Node node, IDisposable?[] inputs, int input, int places, long otherwise)
    {
        var position = otherwise;
        if (node.HasInput(input))
        {
            var given = node.Tensor(inputs, input);
            position = node.Ints(given) is [var only] ? only
                : throw node.Error($"its position has shape {given.Described()}, one number is needed; export the model again");
        }
        return position >= -places && position < places ? (int)(position < 0 ? position + places : position)
            : throw node.Error($"position {position} is not among the {places} of its sequence; check the data's shape against the model's inputs");
    }

    /// <summary>The sequence of tensors that stay their owners'.</summary>
    /// <exception cref="SecateurException">They are not of one type.</exception>
    protected static Sequence Of(Node node, IReadOnlyList<Tensor> tensors) =>
        tensors.Select(tensor => tensor.dtype).Distinct().Skip(1).Any()
            ? throw node.Error($"a sequence is of one type, not of {string.Join(" and ", tensors.Select(tensor => tensor.dtype).Distinct())}; export the model again")
            : new Sequence([.. tensors.Select(tensor => tensor.alias())]);
}
