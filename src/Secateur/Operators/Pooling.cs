using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>A pooling over windows of X [N, C, spatial…], one to three spatial dimensions; each channel for itself.</summary>
internal abstract class Pooling : Operator
{
    public override string WhyWhole => "pools over it";

    private const double MostElements = 1L << 36; // read, of all windows: minutes

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        if (x.dim() is < 3 or > 5) throw node.Error($"its input has {x.dim()} axes; pooling needs 3 to 5, check the data's shape");
        var kernel = node.Ints("kernel_shape") ?? throw node.Error("attribute kernel_shape is missing; export the model again");
        var window = Window.Of(node, x.shape[2..], kernel);
        for (var d = 0; d < window.Rank; d++)
            if (window.Begin[d] is var begin && window.End[d] is var end && (begin < 0 || end < 0 || Math.Max(begin, end) >= window.Span(d)))
                throw node.Error($"pads dimension {d} by {begin} and {end} where its window spans {window.Span(d)}; export the model again");
        var padded = node.Affordable([.. x.shape[..2], .. window.Padded(x.shape[2..])], x.numel());
        var windows = Enumerable.Range(0, window.Rank).Aggregate(1.0, (product, d) => product * padded[d + 2] / window.Strides[d] * kernel[d]);
        if (windows * x.shape[0] * x.shape[1] > MostElements) throw node.Error($"pools {windows:G2} elements a channel; check the data's shape against the model's inputs");
        return Pool(node, x, window, node.Flag("ceil_mode"));
    }

    /// <param name="node">Its attributes.</param>
    /// <param name="x">[N, C, spatial…].</param>
    /// <param name="window">What is pooled.</param>
    /// <param name="ceil">Whether a last window that is not whole counts.</param>
    protected abstract Tensor[] Pool(Node node, Tensor x, Window window, bool ceil);

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var x = node.Inputs[0];
        foreach (var y in node.Outputs.Where(shapes.Has))
        {
            ties.Add(new(x, 0), new(y, 0));
            ties.Add(new(x, 1), new(y, 1));
            for (var axis = 2; axis < shapes[x].Length; axis++)
            {
                ties.Block(new Axis(x, axis));
                ties.Block(new Axis(y, axis));
            }
        }
        // places count all elements: those of an example or channel before others shift them
        if (node.Outputs is [var y0, { Length: > 0 }, ..]) ties.Block([new(x, 0), new(x, 1), new(y0, 0), new(y0, 1)], "gives places that count all elements");
    }

    /// <summary>Whether LibTorch's own pooling can do it; its padding is symmetric and at most half of the kernel.</summary>
    protected static bool FitsTorch(Window window) =>
        window.IsSymmetric && Enumerable.Range(0, window.Rank).All(d => window.Begin[d] <= window.Span(d) / 2);

    /// <summary>As <c>functional.pad</c> wants it: what the last windows take beyond the padding where sizes are rounded up.</summary>
    protected static long[] Extension(Node node, Window window, long[] spatial, bool ceil)
    {
        var extension = new long[2 * window.Rank];
        for (var d = 0; d < window.Rank; d++)
        {
            var room = spatial[d] + window.Begin[d] + window.End[d] - window.Span(d);
            if (room < 0) throw node.Error($"its kernel is larger than the padded input of {spatial[d]}; check the data's shape against the model's inputs");
            var last = room / window.Strides[d] + (ceil && room % window.Strides[d] != 0 ? 1 : 0);
            if (ceil && last * window.Strides[d] >= spatial[d] + window.Begin[d]) last--; // starts in the padding at the end
            extension[2 * (window.Rank - 1 - d) + 1] = Math.Max(0, last * window.Strides[d] - room);
        }
        return extension;
    }

    protected static Tensor Pad(Tensor x, long[] padding, double value) => nn.functional.pad(x, padding, TorchSharp.PaddingModes.Constant, value);

    /// <summary>The sum of each window of an input that is already padded.</summary>
    protected static Tensor Sum(Tensor padded, Window window)
    {
        var shape = padded.shape;
        var planes = padded.reshape([shape[0] * shape[1], 1, .. shape[2..]]);
        var sums = Conv.Convolve(planes, ones([1, 1, .. window.Kernel], padded.dtype), null, window.Unpadded, 1);
        return sums.reshape([shape[0], shape[1], .. sums.shape[2..]]);
    }
}
