using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>A pooling over windows of X [N, C, spatial…], one to three spatial dimensions; each channel for itself.</summary>
internal abstract class Pooling : Operator
{
    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        if (node.Outputs is [_, { Length: > 0 }, ..])
            throw node.Error("its second output, the indices, is asked for, which is not known; export the model without it");
        if (x.dim() is < 3 or > 5) throw node.Error($"its input has {x.dim()} axes; pooling needs 3 to 5, check the data's shape");
        var kernel = node.Ints("kernel_shape") ?? throw node.Error("attribute kernel_shape is missing; export the model again");
        var window = Window.Of(node, x.shape[2..], kernel);
        var ceil = node.Flag("ceil_mode");
        return [FitsTorch(window) ? Pool(node, x, window, ceil) : PoolPadded(node, x, window, Extension(node, window, x.shape[2..], ceil))];
    }

    /// <summary>Whether LibTorch's own pooling can do it; its padding is symmetric and at most half of the kernel.</summary>
    protected virtual bool FitsTorch(Window window) =>
        window.IsSymmetric && Enumerable.Range(0, window.Rank).All(d => window.Begin[d] <= window.Span(d) / 2);

    protected abstract Tensor Pool(Node node, Tensor x, Window window, bool ceil);

    /// <param name="extension">As <c>functional.pad</c> wants it: what the last windows take beyond the padding where sizes are rounded up.</param>
    protected abstract Tensor PoolPadded(Node node, Tensor x, Window window, long[] extension);

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        ties.Add(new(x, 0), new(y, 0));
        ties.Add(new(x, 1), new(y, 1));
        for (var axis = 2; axis < shapes[x].Length; axis++)
        {
            ties.Block(new Axis(x, axis));
            ties.Block(new Axis(y, axis));
        }
    }

    private static long[] Extension(Node node, Window window, long[] spatial, bool ceil)
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
}
