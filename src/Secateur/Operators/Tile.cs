using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Tile</c>: X repeated along each axis as often as <c>repeats</c> says.</summary>
internal sealed class Tile : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var repeats = node.Ints(inputs[1]!);
        if (repeats.Length != inputs[0]!.dim() || repeats.Any(count => count < 0))
            throw node.Error($"repeats is [{string.Join(", ", repeats)}] for an input of {inputs[0]!.dim()} axes; one count of 0 or more an axis is needed");
        return [inputs[0]!.repeat(repeats)];
    }
}
