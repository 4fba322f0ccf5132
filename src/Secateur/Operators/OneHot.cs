using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>OneHot</c>: a new axis of size <c>depth</c> at <c>axis</c>, with the on value at each index (a negative one counts from
/// the back; of one outside there is none) and the off value elsewhere; values are [off, on].
/// </summary>
internal sealed class OneHot : Operator
{
    public override string WhyWhole => "makes it of classes";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (indices, values) = (inputs[0]!.to(ScalarType.Int64), inputs[2]!.reshape(-1));
        var depth = inputs[1]!.numel() == 1 ? inputs[1]!.to(ScalarType.Int64).item<long>() : -1;
        if (depth < 0 || values.numel() != 2) throw node.Error("its depth is not one number of 0 or more, or its values are not two; export the model again");
        var axis = node.Axis("axis", -1, indices.dim() + 1);
        node.Affordable([.. indices.shape, depth]);
        var places = arange(depth, ScalarType.Int64).reshape([-1, .. Enumerable.Repeat(1L, (int)indices.dim() - axis)]);
        var on = where(indices.lt(0), indices + depth, indices).unsqueeze(axis).eq(places);
        return [where(on, values[1], values[0])];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (indices, y) = (node.Inputs[0], node.Outputs[0]);
        var made = node.Axis("axis", -1, shapes[y].Length);
        for (var axis = 0; axis < shapes[indices].Length; axis++) ties.Add(new(indices, axis), new(y, axis < made ? axis : axis + 1));
        ties.Block(new Axis(y, made));
    }
}
