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

    [Fact]
    public void A_sound_may_need_some_thousand_samples()
    {
        using var network = Pooling(3, 3000);
        Assert.Equal([1, 3, 4096], Shapes.Of(network)["x"]);
    }

    [Fact]
    public void A_state_whose_batch_has_no_name_is_no_sound()
    {
        using var network = new Network(Stateful("batch", ""));
        var shapes = Shapes.Of(network);
        Assert.Equal([1, 1, 320], shapes["x"]);
        Assert.Equal([2, 1, 1], shapes["state"]);
    }

    [Fact]
    public void A_dimension_named_as_the_batch_is_the_batch()
    {
        var graph = Stateful("batch", "batch").Graph;
        Assert.Equal([2, 5, 1], graph.ShapeWith(graph.Inputs[1], 5, 7));
        Assert.Equal([5, 1, 7], graph.ShapeWith(graph.Inputs[0], 5, 7));
    }

    /// <summary>Pools of 3 by 3, or of a row, whose sides are open.</summary>
    private static Network Pooling(int rank, long kernel = 3)
    {
        var model = SmallGraphs.Of(17, [SmallGraphs.Node("AveragePool", ["x"], ["y"], ("kernel_shape", Enumerable.Repeat(kernel, rank - 2).ToArray()))],
            [TensorData.Of("x", new float[1], [.. Enumerable.Repeat(1L, rank)])], [], ["y"]);
        for (var axis = 0; axis < rank; axis++) Open(model, 0, axis, axis == 1 ? 3 : 0, $"d{axis}");
        return new Network(new OnnxModel(model.Proto, "small.onnx"));
    }

    /// <summary>A sound [batch, 1, samples], of which 200 and less than 400 are needed, and a state [2, batch, 1].</summary>
    private static OnnxModel Stateful(string batch, string ofState)
    {
        var model = SmallGraphs.Of(17,
            [SmallGraphs.Node("AveragePool", ["x"], ["p"], ("kernel_shape", (long[])[200]), ("strides", (long[])[200])), SmallGraphs.Node("Concat", ["p", "state"], ["y"], ("axis", 0L))],
            [TensorData.Of("x", new float[1], 1, 1, 1), TensorData.Of("state", new float[2], 2, 1, 1)], [], ["y"]);
        Open(model, 0, 0, 0, batch);
        Open(model, 0, 2, 0, "samples");
        Open(model, 1, 1, 0, ofState);
        return new OnnxModel(model.Proto, "small.onnx");
    }

    private static void Open(OnnxModel model, int input, int axis, long size, string name) => model.Proto.Graph.Input[input].Type.TensorType.Shape.Dim[axis] =
        size > 0 ? new() { DimValue = size } : name.Length > 0 ? new() { DimParam = name } : new();
}
