using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Col2Im</c>: X [N, C·(elements of a block), blocks] added up into pictures [N, C, image_shape…], each block where a
/// convolution by the same attributes would have read it.
/// </summary>
internal sealed class Col2Im : Operator
{
    public override string WhyWhole => "adds up the places of a kernel along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, image, block) = (inputs[0]!, node.Ints(inputs[1]!), node.Ints(inputs[2]!));
        var window = Window.Of(node, image, block);
        long[] padded = [.. image.Select((size, d) => size + window.Begin[d] + window.End[d])];
        long[] steps = [.. padded.Select((size, d) => size < window.Span(d) ? 0 : (size - window.Span(d)) / window.Strides[d] + 1)];
        if (x.dim() != 3 || x.shape[1] % block.Product() != 0 || x.shape[2] != steps.Product())
            throw node.Error($"cannot add [{string.Join(", ", x.shape)}] up into pictures [{string.Join(", ", image)}]; check the data's shape");
        var places = zeros([.. block.Select(_ => 1L), .. steps.Select(_ => 1L)], ScalarType.Int64); // [block…, blocks…], in the padded picture
        for (var d = 0; d < image.Length; d++)
        {
            var (within, start) = (arange(block[d], ScalarType.Int64) * window.Dilations[d], arange(steps[d], ScalarType.Int64) * window.Strides[d]);
            var rest = Enumerable.Repeat(1L, image.Length - 1 - d);
            places = places * padded[d] + within.reshape([-1, .. rest, .. steps.Select(_ => 1L)]) + start.reshape([-1, .. rest]);
        }
        var (n, c) = (x.shape[0], x.shape[1] / block.Product());
        node.Affordable([n, c, .. padded], x.numel());
        var sums = zeros([n * c, padded.Product()], x.dtype).index_add(1, places.reshape(-1), x.reshape(n * c, -1), 1).reshape([n, c, .. padded]);
        for (var d = 0; d < image.Length; d++) sums = sums.narrow(d + 2, window.Begin[d], image[d]);
        return [sums];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        ties.Add(new(x, 0), new(y, 0));
        ties.AddProduct(new(x, 1), new Axis(y, 1), shapes[x][1] / shapes[y][1]); // every channel has its block
    }
}
