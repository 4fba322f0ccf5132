using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;

namespace Secateur.Tests.Operators;

/// <summary>Which constants a network learns, and which of them are weights to prune.</summary>
public sealed class LearnedTests
{
    [Theory]
    [InlineData("MatMul", 1, new long[] { 3, 2 }, 2, 3)]  // B [K, N]: N outputs of K inputs
    [InlineData("MatMul", 0, new long[] { 4, 2 }, 4, 2)]  // A [M, K]
    [InlineData("Gemm", 1, new long[] { 3, 2 }, 2, 3)]
    public void Weight_counts_its_outputs(string type, int place, long[] shape, long outputs, long inputs)
    {
        using var network = Network(type, place, shape, place == 0 ? [2, 5] : [4, 3]);
        var weight = Assert.Single(network.Weights);
        Assert.Equal((outputs, inputs), (weight.Outputs, weight.Inputs));
    }

    [Theory]
    [InlineData("Add"), InlineData("Mul")]
    public void Operand_of_several_elements_is_learned_but_never_pruned(string type)
    {
        using var network = Network(type, 1, [3], [4, 3]);
        Assert.Single(network.Parameters);
        Assert.Empty(network.Weights);
    }

    [Theory]
    [InlineData("Add", new long[] { }), InlineData("Mul", new long[] { 1 }), InlineData("Div", new long[] { 1, 1 })]
    [InlineData("Sub", new long[] { 3 }), InlineData("Div", new long[] { 3 }), InlineData("Pow", new long[] { 3 }), InlineData("Max", new long[] { 3 })]
    [InlineData("MatMul", new long[] { 3 }), InlineData("MatMul", new long[] { 4, 3, 2 })]
    public void Number_standardization_exponent_bound_or_batch_of_matrices_stays_as_it_is(string type, long[] shape)
    {
        using var network = Network(type, 1, shape, [4, 3]);
        Assert.Empty(network.Parameters);
    }

    [Theory]
    [InlineData("ik,kj->ij", new long[] { 3, 2 }, 2, 3), InlineData("ik,jk->ij", new long[] { 2, 3 }, 2, 3)]
    public void Einsum_weight_counts_the_axis_that_only_it_has(string equation, long[] shape, long outputs, long inputs)
    {
        using var network = Network("Einsum", 1, shape, [4, 3], ("equation", equation));
        var weight = Assert.Single(network.Weights);
        Assert.Equal((outputs, inputs), (weight.Outputs, weight.Inputs));
    }

    private static Network Network(string type, int place, long[] constant, long[] input, params (string, object)[] attributes)
    {
        TensorProto Ones(string name, long[] shape) =>
            TensorData.Of(name, Enumerable.Repeat(1f, (int)shape.Aggregate(1L, (product, size) => product * size)).ToArray(), shape);
        var node = SmallGraphs.Node(type, place == 0 ? ["c", "x"] : ["x", "c"], ["y"], attributes);
        return new Network(SmallGraphs.Of(13, [node], [Ones("x", input)], [Ones("c", constant)], ["y"]));
    }
}
