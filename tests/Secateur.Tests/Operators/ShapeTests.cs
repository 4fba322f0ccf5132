using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Structure;
using Secateur.Testing;

namespace Secateur.Tests.Operators;

public sealed class ShapeTests
{
    [Theory]
    [InlineData(false, new[] { 0 }), InlineData(true, new[] { 0, 1, 2 })]
    public void Holds_the_axes_whose_size_is_read_and_no_others(bool leaves, int[] held)
    {
        var model = SmallGraphs.Of(13,
            [
                SmallGraphs.Node("Shape", ["x"], ["shape"]), SmallGraphs.Node("Gather", ["shape", "first"], ["batch"]),
                SmallGraphs.Node("Concat", ["batch", "rest"], ["sizes"], ("axis", 0L)), SmallGraphs.Node("Reshape", ["x", "sizes"], ["y"]),
            ],
            [TensorData.Of("x", new float[60], 3, 4, 5)], [TensorData.Of("first", [0L], 1), TensorData.Of("rest", [-1L], 1)],
            leaves ? ["y", "shape"] : ["y"]);
        using var network = new Network(model);
        var (node, ties) = (model.Graph.Nodes[0], new Ties());
        Operator.For(node, "").Tie(node, Shapes.Of(network), ties);
        for (var axis = 0; axis < 3; axis++) ties.Add(new("x", axis), new("other", axis));
        Assert.Equal(held, ties.Sets().Where(set => !set.Free).SelectMany(set => set.Axes).Where(axis => axis.Tensor == "x").Select(axis => axis.Index).Order());
    }
}
