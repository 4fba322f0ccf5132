using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Tests;

/// <summary>The loops that judge the kernels: dense, in double precision, in the order of the definitions.</summary>
internal static class Reference
{
    /// <summary>activation(W·x + b), [tokens, rows], and for each the sum of the sizes of what is summed, by which an error is judged.</summary>
    public static (double[] Values, double[] Sizes) Product(float[] weights, float[] bias, float[] x, int rows, int columns, int tokens)
    {
        var (values, sizes) = (new double[tokens * rows], new double[tokens * rows]);
        for (var token = 0; token < tokens; token++)
            for (var row = 0; row < rows; row++)
            {
                double sum = bias[row], size = Math.Abs(bias[row]);
                for (var column = 0; column < columns; column++)
                    if (weights[row * columns + column] is not 0 and var weight)
                    {
                        sum += (double)weight * x[token * columns + column];
                        size += Math.Abs((double)weight * x[token * columns + column]);
                    }
                (values[token * rows + row], sizes[token * rows + row]) = (sum, size);
            }
        return (values, sizes);
    }

    /// <param name="weights">[outputs, channels of a group, kernel height, kernel width]</param>
    public static (double[] Values, double[] Sizes) Convolution(float[] weights, float[] bias, float[] x, ConvolutionShape shape, int batch, int channels, int outputs, int height, int width)
    {
        var (outHeight, outWidth) = shape.Output(height, width);
        var (values, sizes) = (new double[batch * outputs * outHeight * outWidth], new double[batch * outputs * outHeight * outWidth]);
        var (groupChannels, groupOutputs) = (channels / shape.Groups, outputs / shape.Groups);
        var at = 0;
        for (var image = 0; image < batch; image++)
            for (var output = 0; output < outputs; output++)
                for (var row = 0; row < outHeight; row++)
                    for (var column = 0; column < outWidth; column++, at++)
                    {
                        double sum = bias[output], size = Math.Abs(bias[output]);
                        for (var channel = 0; channel < groupChannels; channel++)
                            for (var kernelRow = 0; kernelRow < shape.KernelHeight; kernelRow++)
                                for (var kernelColumn = 0; kernelColumn < shape.KernelWidth; kernelColumn++)
                                {
                                    var (inRow, inColumn) = (row * shape.StrideHeight - shape.PadTop + kernelRow * shape.DilationHeight, column * shape.StrideWidth - shape.PadLeft + kernelColumn * shape.DilationWidth);
                                    if (inRow < 0 || inRow >= height || inColumn < 0 || inColumn >= width) continue;
                                    double weight = weights[((output * groupChannels + channel) * shape.KernelHeight + kernelRow) * shape.KernelWidth + kernelColumn];
                                    double pixel = x[((image * channels + output / groupOutputs * groupChannels + channel) * height + inRow) * width + inColumn];
                                    sum += weight * pixel;
                                    size += Math.Abs(weight * pixel);
                                }
                        (values[at], sizes[at]) = (sum, size);
                    }
        return (values, sizes);
    }

    public static double Apply(Activation activation, double x) => activation.Kind switch
    {
        ActivationKind.None => x,
        ActivationKind.Relu => Math.Max(x, 0),
        ActivationKind.LeakyRelu => x < 0 ? x * activation.Alpha : x,
        ActivationKind.Clip => Math.Clamp(x, activation.Alpha, activation.Beta),
        ActivationKind.Elu => x < 0 ? activation.Alpha * Math.Exp(x) - activation.Alpha : x,
        ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-x)),
        ActivationKind.HardSigmoid => Math.Clamp(activation.Alpha * x + activation.Beta, 0, 1),
        ActivationKind.HardSwish => x * Math.Clamp(x / 6 + 0.5, 0, 1),
        ActivationKind.Silu => x / (1 + Math.Exp(-activation.Alpha * x)),
        ActivationKind.Tanh => Math.Tanh(x),
        ActivationKind.Gelu => x / 2 * (1 + ErrorFunction(x / Math.Sqrt(2))),
        ActivationKind.FastGelu => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };

    /// <summary>Its series, and far out 1: 40 terms are right to 1e-12 up to 3.</summary>
    private static double ErrorFunction(double x)
    {
        if (Math.Abs(x) > 4) return Math.Sign(x);
        double sum = 0, term = x;
        for (var n = 0; n < 120; n++)
        {
            sum += term / (2 * n + 1);
            term *= -x * x / (n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
