using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// A step of an optimizer in ONNX's preview of training: learning rate, number of the step, then the tensors X, their gradients G, and what
/// the optimizer remembers, a group after the other; all that it changes goes out in the same groups, without the gradients.
/// </summary>
internal abstract class UpdateStep : Operator
{
    public override string WhyWhole => "is a step of an optimizer";

    /// <summary>Tensors in and out for each X: 3 (X, G and one that is remembered) or 4.</summary>
    protected abstract int Groups { get; }

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var count = (inputs.Length - 2) / Groups;
        if (count < 1 || inputs.Length != 2 + count * Groups || Array.Exists(inputs, input => input is null))
            throw node.Error($"has {inputs.Length} inputs; a rate, a step and {Groups} for each tensor are needed, export the model again");
        if (inputs[0]!.numel() != 1 || inputs[1]!.numel() != 1) throw node.Error("its rate and its step are one number each; export the model again");
        var (rate, step) = (inputs[0]!.to(ScalarType.Float64).item<double>(), inputs[1]!.to(ScalarType.Int64).item<long>());
        var made = Enumerable.Range(0, count).Select(index =>
        {
            Tensor[] own = [.. Enumerable.Range(0, Groups).Select(group => inputs[2 + group * count + index]!)];
            if (own.Any(tensor => !tensor.shape.AsSpan().SequenceEqual(own[0].shape)))
                throw node.Error($"its tensors {index} are not of one shape; export the model again");
            return Update(node, rate, step, own, own[1] + node.Float("norm_coefficient") * own[0]);
        }).ToArray();
        return [.. Enumerable.Range(0, Groups - 1).SelectMany(group => made.Select(tensors => tensors[group]))];
    }

    /// <param name="node">With the optimizer's constants.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="step">0 for the first.</param>
    /// <param name="own">X, G and what is remembered.</param>
    /// <param name="gradient">G with the pull of <c>norm_coefficient</c> towards zero.</param>
    /// <returns>X and what is remembered, anew.</returns>
    protected abstract Tensor[] Update(Node node, double rate, long step, Tensor[] own, Tensor gradient);
}
