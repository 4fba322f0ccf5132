using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>A convolution over one or two axes.</summary>
internal sealed unsafe class FusedConvolution(Ort ort, FusedNode.Places places, int threads, Activation last, Convolution convolution, IntegerEnds? ends, int axes) : FusedNode(ort, places, threads, last, ends)
{
    public override void Dispose()
    {
        convolution.Dispose();
        base.Dispose();
    }

    protected override void Shape(ReadOnlySpan<long> input, Span<long> output)
    {
        if (input.Length != axes + 2) throw Wrong($"its input has {input.Length} axes, its weight wants {axes + 2}");
        if (input[1] != convolution.Channels) throw Wrong($"its input has {input[1]} channels, its weight wants {convolution.Channels}");
        var (height, width) = Size(input);
        var made = convolution.Output(height, width);
        if (made.Height < 1 || made.Width < 1) throw Wrong($"its kernel does not fit an input of {height}x{width}");
        (output[0], output[1], output[^1]) = (input[0], convolution.Outputs, made.Width);
        if (axes == 2) output[2] = made.Height;
    }

    protected override int Outputs => convolution.Outputs;

    protected override void Run(float* x, ReadOnlySpan<long> shape, void* y, Ending ending, Workers workers)
    {
        var ((height, width), images) = (Size(shape), checked((int)shape[0]));
        convolution.Run(x, y, ending, images, height, width, workers);
    }

    /// <summary>A line is an image of height 1.</summary>
    private (int Height, int Width) Size(ReadOnlySpan<long> shape) => (axes == 2 ? checked((int)shape[2]) : 1, checked((int)shape[^1]));
}
