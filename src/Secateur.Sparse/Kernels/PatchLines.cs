namespace Secateur.Sparse.Kernels;

/// <summary>How the lines of a convolution's patches lie: for each channel and place of the kernel in a row a plane of the image's rows, so that the kernel's rows read the same plane, one row apart.</summary>
/// <remarks>With a stride of s only rows that are a multiple of s apart share a plane: those of one phase.</remarks>
internal sealed class PatchLines
{
    /// <summary>Rows of outputs for which a plane has room.</summary>
    public const int MostRows = 7;

    private readonly int[] _phases; // of the planes
    private readonly int[] _behind; // rows that a plane has more than there are rows of outputs
    private readonly int _kernelWidth;

    public PatchLines(ConvolutionShape shape)
    {
        _kernelWidth = shape.KernelWidth;
        var rows = Enumerable.Range(0, shape.KernelHeight).Select(row => Math.DivRem(row * shape.DilationHeight, shape.StrideHeight)).ToArray();
        _phases = [.. rows.Select(row => row.Remainder).Distinct()];
        _behind = [.. _phases.Select(phase => rows.Where(row => row.Remainder == phase).Max(row => row.Quotient))];
        KernelRows = [.. rows.Select(row => (Array.IndexOf(_phases, row.Remainder), row.Quotient))];
        Depth = shape.KernelHeight == 1 ? 1 : (MostRows + _behind.Max()) | 1; // odd: planes whose distance is a power of two would meet in few places of the cache
    }

    /// <summary>Of each row of the kernel, its phase and where in the plane it begins.</summary>
    public (int Phase, int Offset)[] KernelRows { get; }

    /// <summary>The first input row of each phase, before padding.</summary>
    public ReadOnlySpan<int> Phases => _phases;

    /// <summary>Lines of a plane.</summary>
    public int Depth { get; }

    /// <summary>Lines of a channel.</summary>
    public int EachChannel => _phases.Length * _kernelWidth * Depth;

    /// <summary>Lines that are laid down for a row of outputs, for each place of the kernel: 1 where no two of its rows share any.</summary>
    public double Share => _behind.Sum(behind => 1 + (double)behind / MostRows) / KernelRows.Length;

    /// <summary>Rows of a phase's plane for so many rows of outputs.</summary>
    public int Rows(int phase, int outputs) => outputs + _behind[phase];

    /// <summary>The first line of a plane.</summary>
    public int Plane(int channel, int phase, int kernelColumn) => channel * EachChannel + (phase * _kernelWidth + kernelColumn) * Depth;

    /// <summary>The line of a place of the kernel.</summary>
    public int Line(int channel, int kernelRow, int kernelColumn) => Plane(channel, KernelRows[kernelRow].Phase, kernelColumn) + KernelRows[kernelRow].Offset;

    /// <summary>Those of weights [outputs, channels · kernel height · kernel width].</summary>
    /// <param name="channels">As told.</param>
    /// <param name="areShared">Whether the kernel's rows read the same lines.</param>
    public Lines OfColumns(int channels, bool areShared) => new([
        .. from channel in Enumerable.Range(0, channels)
           from row in Enumerable.Range(0, KernelRows.Length)
           from column in Enumerable.Range(0, _kernelWidth)
           select Line(channel, row, column)], areShared);
}
