using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>MaxPool</c>: the greatest of each window; padding counts as −∞.</summary>
internal sealed class MaxPool : Pooling
{
    protected override Tensor Pool(Node node, Tensor x, Window window, bool ceil) => window.Rank switch
    {
        1 => functional.max_pool1d(x, window.Kernel[0], window.Strides[0], window.Begin[0], window.Dilations[0], ceil),
        2 => functional.max_pool2d(x, window.Kernel, window.Strides, window.Begin, window.Dilations, ceil),
        _ => functional.max_pool3d(x, window.Kernel, window.Strides, window.Begin, window.Dilations, ceil),
    };

    protected override Tensor PoolPadded(Node node, Tensor x, Window window, long[] extension)
    {
        long[] padding = [.. window.TorchPadding.Zip(extension, (pad, more) => pad + more)];
        return Pool(node, functional.pad(x, padding, PaddingModes.Constant, double.NegativeInfinity), window.Unpadded, ceil: false);
    }
}
