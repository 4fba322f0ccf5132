using Secateur.Execution;
using Secateur.Reconstruction;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Reconstruction;

/// <summary>Weight times what goes in must be what the node gives.</summary>
public sealed class ProductsTests
{
    public static TheoryData<string> Layers => [.. Kind.All.Select(kind => kind.Word)];

    [Theory, MemberData(nameof(Layers))]
    public void Weight_times_inputs_is_what_the_node_gives(string word)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var kind = Kind.All.Single(kind => kind.Word == word);
        using var network = kind.Network();
        var (weight, x) = (network.Weights.Single(), kind.Inputs());
        var y = network.Run(new Dictionary<string, Tensor> { ["x"] = x })[0];
        var products = Products.Of(weight)!;
        var inputs = weight.Node.Inputs.Select(name => name == "x" ? x : network.Constants[name]).ToArray();
        var matrix = products.ToGroups(weight.Matrix);
        Assert.Equal([products.Groups, products.Rows, products.Columns], matrix.shape);
        Assert.True(products.FromGroups(matrix).eq(weight.Matrix).all().item<bool>());
        var made = products.Inputs(inputs, long.MaxValue, 0).matmul(matrix.transpose(1, 2)); // [groups, samples, rows]
        var expected = kind.Given(y, products);
        Assert.Equal(expected.shape, made.shape);
        Assert.True(made.allclose(expected, 1e-4, 1e-5), $"largest difference {(made - expected).abs().max().item<float>()}");
    }

    [Theory, MemberData(nameof(Layers))]
    public void Thinned_samples_are_some_of_all(string word)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var kind = Kind.All.Single(kind => kind.Word == word);
        using var network = kind.Network();
        var products = Products.Of(network.Weights.Single())!;
        var inputs = network.Weights[0].Node.Inputs.Select(name => name == "x" ? kind.Inputs() : network.Constants[name]).ToArray();
        var all = products.Inputs(inputs, long.MaxValue, 0)[0];
        foreach (var draw in new[] { 0.0, 0.4, 0.99 })
        {
            var some = products.Inputs(inputs, 9, draw)[0]; // [samples, columns]
            Assert.InRange(some.shape[0], 1, 18); // steps are whole, so it may be some more than asked for
            for (var sample = 0; sample < some.shape[0]; sample++)
                Assert.True((all - some[sample]).abs().amax([1]).min().item<float>() == 0);
        }
    }

    [Fact]
    public void What_is_no_product_of_matrices_is_none()
    {
        using var network = Nets.Of([SmallGraphs.Node("ConvTranspose", ["x", "w"], ["y"], ("output_shape", (long[])[9, 9]))], [2, 4, 4, 4], [("w", [4, 3, 3, 3])], 1);
        Assert.Null(Products.Of(network.Weights[0]));
    }

    /// <summary>A layer of one node.</summary>
    internal sealed record Kind(string Word, string Type, long[] Input, long[] Shape, params (string, object)[] Attributes)
    {
        public static Kind[] All { get; } =
        [
            new("convolution", "Conv", [3, 4, 7, 6], [6, 4, 3, 2], ("pads", (long[])[1, 0, 1, 1]), ("strides", (long[])[2, 1])),
            new("dilated", "Conv", [2, 3, 9, 9], [4, 3, 3, 3], ("dilations", (long[])[2, 3])),
            new("of one dimension", "Conv", [2, 3, 9], [4, 3, 3]),
            new("of three dimensions", "Conv", [2, 2, 4, 4, 5], [4, 2, 2, 2, 3]),
            new("grouped", "Conv", [2, 4, 5, 5], [6, 2, 3, 3], ("group", 2L)),
            new("depthwise", "Conv", [2, 4, 5, 5], [4, 1, 3, 3], ("group", 4L), ("auto_pad", "SAME_UPPER"), ("strides", (long[])[2, 2])),
            new("transposed", "ConvTranspose", [2, 4, 4, 3], [4, 5, 3, 2], ("strides", (long[])[2, 3]), ("pads", (long[])[1, 0, 0, 1])),
            new("grouped transposed", "ConvTranspose", [2, 4, 3, 3], [4, 3, 2, 2], ("group", 2L), ("strides", (long[])[2, 2]), ("output_padding", (long[])[1, 0])),
            new("dilated transposed", "ConvTranspose", [2, 4, 4, 4], [4, 3, 2, 2], ("dilations", (long[])[2, 2])),
            new("gemm", "Gemm", [20, 4], [4, 6]),
            new("gemm transB", "Gemm", [20, 4], [6, 4], ("transB", 1L)),
            new("gemm transA", "Gemm", [4, 20], [4, 6], ("transA", 1L)),
            new("gemm of the weight first", "Gemm", [4, 20], [6, 4]) { First = true },
            new("gemm of the weight first, both turned", "Gemm", [20, 4], [4, 6], ("transA", 1L), ("transB", 1L)) { First = true },
            new("matmul", "MatMul", [3, 7, 4], [4, 6]),
            new("matmul of the weight first", "MatMul", [3, 4, 7], [6, 4]) { First = true },
        ];

        /// <summary>Whether the weight is the node's first input.</summary>
        public bool First { get; init; }

        public Network Network() => Nets.Of([SmallGraphs.Node(Type, First ? ["w", "x"] : ["x", "w"], ["y"], Attributes)], Input, [("w", Shape)], 3);

        public Tensor Inputs() => Granularities.Weights.Random(5, Input) * 2 - 1;

        /// <summary>What the node gives, as [groups, samples, rows].</summary>
        public Tensor Given(Tensor y, Products products)
        {
            if (First) y = y.transpose(-1, -2);
            if (Type.StartsWith("Conv", StringComparison.Ordinal)) y = y.movedim([1], [-1]);
            return y.reshape(-1, products.Groups, products.Rows).transpose(0, 1);
        }
    }
}
