using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Testing;

namespace Secateur.Tests.Operators;

/// <summary>Multiply-accumulates counted by hand.</summary>
public sealed class MacsTests
{
    [Theory]
    [InlineData("MatMul", new long[] { 2, 5, 3 }, new long[] { 3, 4 }, 2 * 5 * 4 * 3)]
    [InlineData("MatMul", new long[] { 5, 3 }, new long[] { 3 }, 5 * 3)]
    [InlineData("Gemm", new long[] { 2, 3 }, new long[] { 3, 4 }, 2 * 3 * 4)]
    [InlineData("Conv", new long[] { 1, 3, 8, 8 }, new long[] { 4, 3, 3, 3 }, 4 * 6 * 6 * 27)]
    [InlineData("ConvTranspose", new long[] { 1, 3, 8, 8 }, new long[] { 3, 4, 3, 3 }, 3 * 8 * 8 * 4 * 9)]
    [InlineData("Add", new long[] { 2, 3 }, new long[] { 2, 3 }, 0)]
    public void Are_those_of_the_loop(string type, long[] a, long[] b, long macs) => Assert.Equal(macs, Count(type, a, b));

    [Theory]
    [InlineData("bik,bkj->bij", new long[] { 2, 3, 4 }, new long[] { 2, 4, 5 }, 2 * 3 * 4 * 5)]
    [InlineData("...k,kj->...j", new long[] { 2, 3, 4 }, new long[] { 4, 5 }, 2 * 3 * 4 * 5)]
    public void Of_an_einsum_are_all_labels(string equation, long[] a, long[] b, long macs) =>
        Assert.Equal(macs, Count("Einsum", a, b, ("equation", equation)));

    private static long Count(string type, long[] a, long[] b, params (string, object)[] attributes)
    {
        var node = SmallGraphs.Node(type, ["a", "b"], ["y"], attributes);
        using var network = new Network(SmallGraphs.Of(13, [node], [Zeros("a", a), Zeros("b", b)], [], ["y"]));
        return Operator.For(network.Graph.Nodes[0], "").Macs(network.Graph.Nodes[0], Shapes.Of(network));
    }

    private static Onnx.Proto.TensorProto Zeros(string name, long[] shape) =>
        TensorData.Of(name, new float[shape.Aggregate(1L, (product, size) => product * size)], shape);
}
