using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

public sealed class MatMulTests
{
    /// <summary>LibTorch's matmul would end the process here: TorchSharp 0.107 catches what every other product throws.</summary>
    [Fact]
    public void Operands_of_two_types_are_an_error_at_the_node()
    {
        using var scope = NewDisposeScope();
        var model = SmallGraphs.Of(13, [SmallGraphs.Node("MatMul", ["a", "b"], ["y"])],
            [TensorData.Of("a", new float[24], 2, 3, 4), TensorData.Of("b", new float[40], 2, 4, 5)], [], ["y"]);
        using var network = new Network(model);
        var error = Assert.Throws<SecateurException>(() =>
            network.Run(new Dictionary<string, Tensor> { ["a"] = ones(2, 3, 4), ["b"] = ones([2, 4, 5], ScalarType.Float16) }));
        Assert.StartsWith("node 'matmul' (MatMul): cannot run on inputs of shape [2, 3, 4], [2, 4, 5] (", error.Message);
    }
}
