using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Transpose</c>: axis i of Y is axis perm[i] of X; by default the axes are reversed.</summary>
internal sealed class Transpose : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => [inputs[0]!.permute(Permutation(node, inputs[0]!.dim()))];

    internal override Func<AxisLayout, AxisLayout?> Relayout(Node node, Func<int, long[]?> integers) => layout => layout.Permuted(Permutation(node, layout.Shape.Length));

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        foreach (var (to, from) in Permutation(node, shapes[node.Inputs[0]].Length).Index())
            ties.Add(new(node.Inputs[0], (int)from), new(node.Outputs[0], to));
    }

    /// <summary>A negative axis counts from the end, which ONNX does not say but LibTorch takes.</summary>
    public static long[] Permutation(Node node, long rank) =>
        node.Ints("perm") is { } given ? Array.ConvertAll(given, axis => axis < 0 ? axis + rank : axis) : [.. Enumerable.Range(0, (int)rank).Reverse().Select(axis => (long)axis)];
}
