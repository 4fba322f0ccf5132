namespace Secateur.Sparse.Kernels;

/// <summary>Lines of floats in memory; nowhere where it is the default.</summary>
internal readonly unsafe struct Panel(float* start, long stride)
{
    public float* Start => start;

    /// <summary>Floats from one line to the next.</summary>
    public long Stride => stride;

    public bool IsNowhere => start == null;
}
