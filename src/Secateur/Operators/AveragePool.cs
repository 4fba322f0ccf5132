using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>AveragePool</c>: the mean of each window, over what lies in the input, or where <c>count_include_pad</c> is set in the
/// padded input.
/// </summary>
internal sealed class AveragePool : Pooling
{
    protected override Tensor[] Pool(Node node, Tensor x, Window window, bool ceil)
    {
        var countPadding = node.Flag("count_include_pad");
        var known = window.Rank < 3 || x.dtype is ScalarType.Float32 or ScalarType.Float64;
        if (!known || !FitsTorch(window) || Array.Exists(window.Dilations, step => step != 1)) return [Divide(node, x, window, ceil, countPadding ? 1 : 0)];
        return
        [
            window.Rank switch
            {
                1 => functional.avg_pool1d(x, window.Kernel[0], window.Strides[0], window.Begin[0], ceil, countPadding),
                2 => functional.avg_pool2d(x, window.Kernel, window.Strides, window.Begin, ceil, countPadding),
                _ => functional.avg_pool3d(x, window.Kernel, window.Strides, window.Begin, ceil, countPadding),
            },
        ];
    }

    private static Tensor Divide(Node node, Tensor x, Window window, bool ceil, double counted)
    {
        var extension = Extension(node, window, x.shape[2..], ceil);
        var counts = Pad(Pad(ones([1, 1, .. x.shape[2..]], x.dtype), window.TorchPadding, counted), extension, 0);
        return Sum(Pad(Pad(x, window.TorchPadding, 0), extension, 0), window) / Sum(counts, window);
    }
}
