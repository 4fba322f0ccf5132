using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;

namespace Secateur.Tests.Execution;

public sealed class ShapesTests
{
    public ShapesTests() => Threads.Use(1);

    [Theory]
    [InlineData(4, 224), InlineData(3, 16)] // a side of 1 is smaller than the kernel
    public void Open_dimensions_take_the_first_usual_size_that_runs(int rank, long size)
    {
        using var network = Pooling(rank);
        Assert.Equal([2, 3, .. Enumerable.Repeat(size, rank - 2)], Shapes.Of(network, batch: 2)["x"]);
    }

    [Fact]
    public void Told_shape_is_taken_and_its_own_error_told()
    {
        using var network = Pooling(4);
        Assert.Equal([1, 3, 5, 7], Shapes.Of(network, inputs: new Dictionary<string, long[]> { ["x"] = [1, 3, 5, 7] })["x"]);
        Assert.Contains("[1, 3, 1, 7]", Assert.Throws<SecateurException>(() => Shapes.Of(network, inputs: new Dictionary<string, long[]> { ["x"] = [1, 3, 1, 7] })).Message);
    }

    /// <summary>Pools of 3 by 3, or of 3, whose sides are open.</summary>
    private static Network Pooling(int rank)
    {
        var model = SmallGraphs.Of(17, [SmallGraphs.Node("AveragePool", ["x"], ["y"], ("kernel_shape", Enumerable.Repeat(3L, rank - 2).ToArray()))],
            [TensorData.Of("x", new float[1], [.. Enumerable.Repeat(1L, rank)])], [], ["y"]);
        var dimensions = model.Proto.Graph.Input[0].Type.TensorType.Shape.Dim;
        for (var axis = 0; axis < rank; axis++) dimensions[axis] = axis == 1 ? new TensorShapeProto.Types.Dimension { DimValue = 3 } : new TensorShapeProto.Types.Dimension { DimParam = $"d{axis}" };
        return new Network(new OnnxModel(model.Proto, "small.onnx"));
    }
}
