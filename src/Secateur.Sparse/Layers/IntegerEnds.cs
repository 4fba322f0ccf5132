using System.Runtime.InteropServices;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>Both ends of a layer of integers: its input becomes floats that the kernels multiply, and their sums integers of 32 bits, scaled floats, or bytes.</summary>
/// <param name="isSigned">Whether the input's bytes are from −128 to 127.</param>
/// <param name="zero">The input's zero point, where a run does not bring it.</param>
internal sealed unsafe class IntegerEnds(bool isSigned, int zero) : IDisposable
{
    private const long LeastWork = 1 << 16; // bytes of a piece
    private readonly Native<float>? _factors, _bias;
    private readonly Native<int>? _added;
    private readonly bool _madeSigned, _scaled;
    private readonly int _madeZero;
    private readonly Activation _activation;

    [StructLayout(LayoutKind.Auto)]
    private struct Job
    {
        public byte* From;
        public float* To;
        public bool IsSigned;
        public int Zero;
        public long Count, Pieces;
    }

    /// <summary>Of a layer that makes floats of its sums.</summary>
    /// <param name="isSigned">As above.</param>
    /// <param name="zero">As above.</param>
    /// <param name="scales">[outputs]; null where a run brings them.</param>
    /// <param name="bias">[outputs]; none where empty.</param>
    /// <param name="activation">Of the scaled sums.</param>
    public IntegerEnds(bool isSigned, int zero, ReadOnlySpan<float> scales, ReadOnlySpan<float> bias, Activation activation) : this(isSigned, zero)
    {
        (_scaled, _activation) = (true, activation);
        if (!scales.IsEmpty) scales.CopyTo(new Span<float>((_factors = new(scales.Length)).Pointer, scales.Length));
        if (!bias.IsEmpty) bias.CopyTo(new Span<float>((_bias = new(bias.Length)).Pointer, bias.Length));
    }

    /// <summary>Of one that makes bytes again.</summary>
    /// <param name="isSigned">As above.</param>
    /// <param name="zero">As above.</param>
    /// <param name="made">What it makes.</param>
    public IntegerEnds(bool isSigned, int zero, Requantization made) : this(isSigned, zero)
    {
        (_madeZero, _madeSigned) = (made.Zero, made.IsSigned);
        made.Factors.CopyTo(new Span<float>((_factors = new(made.Factors.Length)).Pointer, made.Factors.Length));
        if (made.Added is { } added) added.CopyTo(new Span<int>((_added = new(added.Length)).Pointer, added.Length));
    }

    public bool IsSigned => isSigned;

    /// <summary>Whether the output is of bytes, so that sums lie elsewhere.</summary>
    public bool MakesBytes => _factors is not null && !_scaled;

    /// <summary>The input less its zero point, in memory of this thread's.</summary>
    /// <param name="x">Bytes.</param>
    /// <param name="given">The zero point, where a run brings it.</param>
    /// <param name="count">How many.</param>
    /// <param name="workers">Who does it.</param>
    public float* Widen(void* x, int? given, long count, Workers workers)
    {
        var job = new Job { From = (byte*)x, To = Scratch.Take(Scratch.Input, count), IsSigned = isSigned, Zero = given ?? zero, Count = count, Pieces = Math.Clamp(count / LeastWork, 1, Workers.Pieces) };
        workers.For(&WidenPiece, (nuint)job.Pieces, &job);
        return job.To;
    }

    /// <param name="scales">[outputs] or one, where sums are scaled by what a run brings.</param>
    /// <param name="each">Which of the two.</param>
    /// <param name="residual">Like the output; null where there is none.</param>
    /// <param name="last">Of the sum with it.</param>
    public Ending Ending(float* scales, bool each, float* residual, Activation last) => MakesBytes
        ? new(_added is null ? null : _added.Pointer, _factors!.Pointer, _madeZero, _madeSigned)
        : _scaled ? new(_factors is null ? scales : _factors.Pointer, each || _factors is not null, _bias is null ? null : _bias.Pointer, _activation, residual, last) : Layers.Ending.Integers;

    private static void WidenPiece(void* state, nuint piece)
    {
        var job = (Job*)state;
        var (from, to) = (job->Count * (long)piece / job->Pieces, job->Count * ((long)piece + 1) / job->Pieces);
        Integers.Widen(job->From + from, job->IsSigned, job->Zero, job->To + from, to - from);
    }

    public void Dispose()
    {
        _factors?.Dispose();
        _bias?.Dispose();
        _added?.Dispose();
    }
}

/// <summary>How sums of integers become bytes: (sum + added) · factor, rounded, plus the zero point.</summary>
/// <param name="Factors">[outputs]</param>
/// <param name="Added">[outputs]; null where nothing is.</param>
/// <param name="Zero">Of the output.</param>
/// <param name="IsSigned">Whether the output's bytes are from −128 to 127.</param>
internal sealed record Requantization(float[] Factors, int[]? Added, int Zero, bool IsSigned);
