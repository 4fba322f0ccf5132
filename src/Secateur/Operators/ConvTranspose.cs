using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ConvTranspose</c>: X [N, C, spatial…], W [C, M/group, kernel…], B [M]; one to three spatial dimensions.</summary>
/// <remarks>The full result is cut by <c>pads</c>, or so that <c>output_shape</c> remains.</remarks>
internal sealed class ConvTranspose : Operator
{
    public override string WhyWhole => "slides a kernel over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, w, b) = (inputs[0]!, inputs[1]!, inputs.Length > 2 ? inputs[2] : null);
        var window = Window.OfConvolution(node, x.shape, w.shape);
        var more = node.Ints("output_padding") ?? new long[window.Rank];
        if (more.Length != window.Rank)
            throw node.Error($"attribute output_padding has {more.Length} entries for {window.Rank} spatial dimensions; export the model again");
        var (begin, end) = Cut(node, window, x.shape[2..], more);
        var full = Enumerable.Range(0, window.Rank).Select(d => window.Strides[d] * (x.shape[d + 2] - 1) + window.Span(d) + more[d]);
        node.Affordable([x.shape[0], w.shape[1] * node.Int("group", 1), .. full], Math.Max(x.numel(), w.numel()));
        // LibTorch cuts both ends alike: what one end loses more is cut after
        long[] both = [.. begin.Zip(end, Math.Min)];
        var y = Convolve(node, x, w, b, window with { Begin = both }, more);
        for (var d = 0; d < window.Rank; d++)
            if (begin[d] != end[d]) y = y.narrow(2 + d, begin[d] - both[d], y.shape[2 + d] - begin[d] - end[d] + 2 * both[d]);
        return [y];
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Weight, OutputAxis: 1), new(2, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes) =>
        shapes.Elements(node.Inputs[0]) * shapes[node.Inputs[1]].Skip(1).Aggregate(1L, (product, size) => product * size);

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, w, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        ties.Add(new(x, 0), new(y, 0));
        if (node.HasInput(2)) ties.Add(new(node.Inputs[2], 0), new(y, 1));
        ties.Contract(new(x, 1), new(w, 0));
        if (node.Int("group", 1) is var groups && groups == 1)
        {
            ties.Add(new(w, 1), new(y, 1));
            return;
        }
        var group = ties.Free(groups);
        ties.AddProduct(new(x, 1), group, ties.Free(shapes[x][1] / groups));
        ties.AddProduct(new(y, 1), group, new Axis(w, 1));
    }

    public override void Mend(Node node, Mending mending)
    {
        var (y, each) = (node.Outputs[0], mending.After(node.Inputs[1])[1]);
        if (mending.After(y)[1] / each is var group && group != node.Int("group", 1)) mending.Want("group", group);
    }

    /// <summary>
    /// What goes from either end of each dimension; what <c>output_shape</c> asks beyond the full result is added to
    /// <paramref name="more"/>.
    /// </summary>
    private static (long[] Begin, long[] End) Cut(Node node, Window window, long[] spatial, long[] more)
    {
        var automatic = node.Text("auto_pad", "NOTSET");
        var shape = node.Ints("output_shape")
            ?? (automatic.StartsWith("SAME") ? [.. spatial.Zip(window.Strides, (size, stride) => size * stride)] : null);
        if (shape is null) return (window.Begin, window.End);
        if (shape.Length > window.Rank) shape = shape[^window.Rank..];
        var (begin, end) = (new long[window.Rank], new long[window.Rank]);
        for (var d = 0; d < window.Rank; d++)
        {
            var total = window.Strides[d] * (spatial[d] - 1) + more[d] + window.Span(d) - shape[d];
            if (total < 0 && node.Has("output_shape")) more[d] -= total;
            total = Math.Max(0, total);
            (begin[d], end[d]) = automatic == "SAME_UPPER" ? (total / 2, total - total / 2) : (total - total / 2, total / 2);
        }
        return (begin, end);
    }

    private static Tensor Convolve(Node node, Tensor x, Tensor w, Tensor? b, Window window, long[] more)
    {
        var group = node.Int("group", 1);
        return window.Rank switch
        {
            1 => nn.functional.conv_transpose1d(x, w, b, window.Strides[0], window.Begin[0], more[0], window.Dilations[0], group),
            2 => nn.functional.conv_transpose2d(x, w, b, window.Strides, window.Begin, more, window.Dilations, group),
            _ => nn.functional.conv_transpose3d(x, w, b, window.Strides, window.Begin, more, window.Dilations, group),
        };
    }
}
