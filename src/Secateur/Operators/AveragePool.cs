using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>AveragePool</c>: the mean of each window, over what lies in the input, or where <c>count_include_pad</c> is set in the
/// padded input.
/// </summary>
internal sealed class AveragePool : Pooling
{
    protected override bool FitsTorch(Window window) => base.FitsTorch(window) && Array.TrueForAll(window.Dilations, step => step == 1);

    protected override Tensor Pool(Node node, Tensor x, Window window, bool ceil)
    {
        var countPadding = node.Flag("count_include_pad");
        return window.Rank switch
        {
            1 => functional.avg_pool1d(x, window.Kernel[0], window.Strides[0], window.Begin[0], ceil, countPadding),
            2 => functional.avg_pool2d(x, window.Kernel, window.Strides, window.Begin, ceil, countPadding),
            _ => functional.avg_pool3d(x, window.Kernel, window.Strides, window.Begin, ceil, countPadding),
        };
    }

    protected override Tensor PoolPadded(Node node, Tensor x, Window window, long[] extension)
    {
        var (shape, kernel) = (x.shape, ones([1, 1, .. window.Kernel], x.dtype));
        var countPadding = node.Flag("count_include_pad") ? 1 : 0;
        var counted = Pad(Pad(ones([1, 1, .. shape[2..]], x.dtype), window.TorchPadding, countPadding), extension, 0);
        var padded = Pad(Pad(x.reshape([shape[0] * shape[1], 1, .. shape[2..]]), window.TorchPadding, 0), extension, 0);
        var sums = Conv.Convolve(padded, kernel, null, window.Unpadded, 1);
        var counts = Conv.Convolve(counted, kernel, null, window.Unpadded, 1);
        return (sums / counts).reshape([shape[0], shape[1], .. sums.shape[2..]]);
    }

    private static Tensor Pad(Tensor x, long[] padding, double value) => functional.pad(x, padding, PaddingModes.Constant, value);
}
