using CsCheck;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

public sealed class Col2ImTests
{
    /// <summary>In three dimensions, where ONNX Runtime 1.31 misplaces what is dilated.</summary>
    [Fact]
    public void Of_a_product_equals_a_transposed_convolution() =>
        Gen.Select(Gen.Long[3, 5].Array[3], Gen.Long[1, 3].Array[3], Gen.Long[1, 2].Array[3], Gen.Long[1, 2].Array[3], Gen.Long[0, 1].Array[6])
        .Sample((spatial, kernel, strides, dilations, pads) =>
        {
            using var scope = NewDisposeScope();
            const long N = 2, C = 3, M = 2;
            var (x, w) = (randn([N, C, .. spatial]), randn([C, M, .. kernel]));
            var full = nn.functional.conv_transpose3d(x, w, null, strides, dilation: dilations);
            long[] image = [.. Enumerable.Range(0, 3).Select(d => full.shape[d + 2] - pads[d] - pads[d + 3])];
            if (image.Min() < 1) return;
            var columns = matmul(w.reshape(C, -1).t(), x.reshape(N, C, -1)); // [N, M·kernel, blocks]
            var node = SmallGraphs.Of(18,
                [SmallGraphs.Node("Col2Im", ["x", "image", "block"], ["y"], ("strides", strides), ("dilations", dilations), ("pads", pads))],
                new[] { "x", "image", "block" }.Select(name => TensorData.Of(name, [0f], 1)), [], ["y"]).Graph.Nodes[0];
            var y = new Col2Im().Run(node, [columns, tensor(image), tensor(kernel)], default)[0];
            for (var d = 0; d < 3; d++) full = full.narrow(d + 2, pads[d], image[d]);
            Assert.True(allclose(y, full, 1e-4, 1e-4));
        }, iter: 30, threads: 1);
}
