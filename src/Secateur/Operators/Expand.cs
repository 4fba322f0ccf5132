using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Expand</c>: X broadcast together with a shape; a view.</summary>
internal sealed class Expand : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (from, wanted) = (inputs[0]!.shape, node.Ints(inputs[1]!));
        var to = new long[Math.Max(from.Length, wanted.Length)];
        for (var back = 1; back <= to.Length; back++)
        {
            var (have, want) = (back <= from.Length ? from[^back] : 1, back <= wanted.Length ? wanted[^back] : 1);
            to[^back] = have == want || want == 1 ? have : have == 1 ? want
                : throw node.Error($"cannot expand [{string.Join(", ", from)}] to [{string.Join(", ", wanted)}]; "
                    + "check the data's shape against the model's inputs");
        }
        return [inputs[0]!.expand(to)];
    }
}
