using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Unique</c>: the slices of X along <c>axis</c> (or the elements of X flattened, where it has none) without repetition,
/// ascending or (where <c>sorted</c> is 0) as they come first.
/// </summary>
/// <remarks>Further outputs, int64: where each comes first, which of them each slice of X is, how often each is there.</remarks>
internal sealed class Unique : Operator
{
    public override string WhyWhole => "picks by value what it gives";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = node.Has("axis") ? inputs[0]! : inputs[0]!.reshape(-1);
        var axis = node.Axis("axis", 0, x.dim());
        var (found, inverse, _) = x.detach().unique(sorted: true, return_inverse: true, dim: axis);
        var kind = inverse!.reshape(-1).data<long>().ToArray(); // of each slice, in ascending order
        var (first, count) = (new long[found.shape[axis]], new long[found.shape[axis]]);
        for (var slice = kind.Length - 1; slice >= 0; slice--)
        {
            first[kind[slice]] = slice;
            count[kind[slice]]++;
        }
        var order = Enumerable.Range(0, first.Length).ToArray();
        if (!node.Flag("sorted", true)) Array.Sort([.. first], order);
        var rank = new long[order.Length];
        foreach (var (place, one) in order.Index()) rank[one] = place;
        var firsts = tensor(Array.ConvertAll(order, one => first[one]));
        Tensor[] outputs =
        [
            x.index_select(axis, firsts), firsts, tensor(Array.ConvertAll(kind, one => rank[one])), tensor(Array.ConvertAll(order, one => count[one])),
        ];
        return outputs[..node.Outputs.Length];
    }
}
