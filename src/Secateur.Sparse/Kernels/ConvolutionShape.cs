namespace Secateur.Sparse.Kernels;

/// <summary>All of a convolution but its weights. One of a single dimension has a height of 1 everywhere.</summary>
internal sealed record ConvolutionShape(int Groups, int KernelHeight, int KernelWidth, int StrideHeight, int StrideWidth, int PadTop, int PadLeft, int PadBottom, int PadRight, int DilationHeight, int DilationWidth)
{
    /// <summary>Size of the output for an input's; under 1 where the kernel does not fit.</summary>
    public (int Height, int Width) Output(int height, int width) =>
        (Places(height + PadTop + PadBottom, KernelHeight, StrideHeight, DilationHeight), Places(width + PadLeft + PadRight, KernelWidth, StrideWidth, DilationWidth));

    /// <summary>Whether a pixel of the output is made of the same pixel of the input alone.</summary>
    public bool IsPointwise => (KernelHeight, KernelWidth, StrideHeight, StrideWidth, PadTop, PadLeft, PadBottom, PadRight) == (1, 1, 1, 1, 0, 0, 0, 0);

    private static int Places(int size, int kernel, int stride, int dilation) => size - dilation * (kernel - 1) - 1 is var room && room < 0 ? 0 : room / stride + 1;
}
