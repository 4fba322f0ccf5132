using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>MaxPool</c>: the greatest of each window; padding counts as −∞.</summary>
/// <remarks>The optional second output says where it was: its place among all elements of X, the spatial axes in reverse order where <c>storage_order</c> is 1.</remarks>
internal sealed class MaxPool : Pooling
{
    protected override Tensor[] Pool(Node node, Tensor x, Window window, bool ceil)
    {
        if (!x.is_floating_point()) // 8-bit integers, exact in float32
        {
            var pooled = Pool(node, x.to(ScalarType.Float32), window, ceil);
            pooled[0] = pooled[0].to(x.dtype);
            return pooled;
        }
        var padded = x;
        var inner = window;
        if (!FitsTorch(window))
        {
            var extension = Extension(node, window, x.shape[2..], ceil);
            padded = Pad(x, [.. window.TorchPadding.Zip(extension, (pad, more) => pad + more)], double.NegativeInfinity);
            (inner, ceil) = (window.Unpadded, false);
        }
        if (node.Outputs is not [_, { Length: > 0 }, ..]) return [Greatest(padded, inner, ceil)];
        var (y, places) = WithPlaces(padded, inner, ceil);
        return [y, Flat(node, places, x.shape, padded.shape[2..], ReferenceEquals(padded, x) ? new long[window.Rank] : window.Begin)];
    }

    private static Tensor Greatest(Tensor x, Window window, bool ceil) => window.Rank switch
    {
        1 => functional.max_pool1d(x, window.Kernel[0], window.Strides[0], window.Begin[0], window.Dilations[0], ceil),
        2 => functional.max_pool2d(x, window.Kernel, window.Strides, window.Begin, window.Dilations, ceil),
        _ => functional.max_pool3d(x, window.Kernel, window.Strides, window.Begin, window.Dilations, ceil),
    };

    private static (Tensor Y, Tensor Places) WithPlaces(Tensor x, Window window, bool ceil) => window.Rank switch
    {
        1 => functional.max_pool1d_with_indices(x, window.Kernel[0], window.Strides[0], window.Begin[0], window.Dilations[0], ceil),
        2 => functional.max_pool2d_with_indices(x, window.Kernel, window.Strides, window.Begin, window.Dilations, ceil),
        _ => functional.max_pool3d_with_indices(x, window.Kernel, window.Strides, window.Begin, window.Dilations, ceil),
    };

    /// <summary>Places in planes of the padded size as places in the whole of X.</summary>
    private static Tensor Flat(Node node, Tensor places, long[] shape, long[] padded, long[] begin)
    {
        var coordinates = new Tensor[padded.Length];
        for (var d = padded.Length - 1; d >= 0; d--)
        {
            coordinates[d] = (places.remainder(padded[d]) - begin[d]).clamp(0, shape[d + 2] - 1);
            places = places.div(padded[d], RoundingMode.floor);
        }
        var order = Enumerable.Range(0, padded.Length);
        if (node.Int("storage_order") == 1) order = order.Reverse();
        var planes = arange(shape[0] * shape[1], ScalarType.Int64).reshape([shape[0], shape[1], .. padded.Select(_ => 1L)]);
        return order.Aggregate(planes, (flat, d) => flat * shape[d + 2] + coordinates[d]);
    }
}
