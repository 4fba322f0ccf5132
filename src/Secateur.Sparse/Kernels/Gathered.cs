using System.Numerics;
using System.Runtime.CompilerServices;

namespace Secateur.Sparse.Kernels;

/// <summary>What of a large matrix is beyond the steps of a <see cref="Lookup"/>: each row's nonzeros one after the other, columns told by a byte, how far each is from the last one.</summary>
/// <remarks>Lanes are rows, as there; a step takes the next nonzero of each. What a row has less than its group's longest one is filled up with zeros, and so is what is farther than a byte tells.</remarks>
internal sealed unsafe class Gathered : IDisposable
{
    private const int Ahead = 24;    // steps that memory is asked for before they come
    private const int Lines = 4;     // of what is looked up next, asked for in each step: gathering leaves memory idle
    private const int Line = 64;     // bytes
    private const int Farther = 255; // columns from one to the next that a byte holds
    private readonly int _width;            // lanes
    private readonly Native<long> _starts;  // [groups + 1], in steps
    private readonly PackedValues _values;  // by group and step: [2 · lanes]
    private readonly Native<byte> _deltas;  // alike

    /// <param name="csr">The matrix.</param>
    /// <param name="plan">Its lanes and steps.</param>
    /// <param name="lanes">Floats of a vector.</param>
    /// <param name="kind">How values are kept.</param>
    public Gathered(Csr csr, LookupPlan plan, int lanes, ValueKind kind)
    {
        var width = _width = 2 * lanes;
        _starts = new(plan.Steps.Length + 1);
        using var beyond = new Native<int>(csr.Nonzero);
        var ends = new int[plan.Rows.Length];
        for (int place = 0, end = 0; place < plan.Rows.Length; place++)
        {
            var (group, from) = (place / width, end);
            ends[place] = end = Beyond(csr, plan.Rows[place], width, plan.Steps[group], beyond.Pointer + from) + from;
            _starts[group + 1] = Math.Max(_starts[group + 1], Steps(csr, beyond.Pointer + from, end - from));
        }
        for (var group = 0; group < plan.Steps.Length; group++) _starts[group + 1] += _starts[group];
        (_values, _deltas) = (new(kind, _starts[plan.Steps.Length] * width, lanes), new(_starts[plan.Steps.Length] * width));
        for (var place = 0; place < plan.Rows.Length; place++)
        {
            var from = place == 0 ? 0 : ends[place - 1];
            Put(csr, beyond.Pointer + from, ends[place] - from, _starts[place / width] * width + place % width);
        }
    }

    public long Bytes => _starts.Bytes + _values.Bytes + _deltas.Bytes;

    /// <summary>Finds a row's nonzeros that are beyond the steps.</summary>
    /// <param name="csr">The matrix.</param>
    /// <param name="row">Which one.</param>
    /// <param name="width">Columns of a strip.</param>
    /// <param name="steps">Of each strip.</param>
    /// <param name="found">Gets their places; room for one more than there are.</param>
    /// <returns>How many.</returns>
    private static int Beyond(Csr csr, int row, int width, int steps, int* found)
    {
        var columns = csr.FirstColumn;
        var (shift, strip, step, count) = (BitOperations.Log2((uint)width), -1, 0, 0);
        for (int i = csr.Starts[row], behind = csr.Starts[row + 1]; i < behind; i++)
        {
            var other = columns[i] >> shift != strip ? 1 : 0; // no branch: nobody could guess it
            (strip, step) = (columns[i] >> shift, (step & other - 1) + 1);
            found[count] = i;
            count += step > steps ? 1 : 0;
        }
        return count;
    }

    /// <summary>Steps that a row takes: one for each nonzero, and those on the way where it is far.</summary>
    private static long Steps(Csr csr, int* places, int count)
    {
        var (last, taken) = (0, (long)count);
        for (var i = 0; i < count; i++)
        {
            var column = csr.FirstColumn[places[i]];
            if (column - last > Farther) taken += (column - last - 1) / Farther;
            last = column;
        }
        return taken;
    }

    private void Put(Csr csr, int* places, int count, long at)
    {
        var last = 0;
        for (var i = 0; i < count; i++, at += _width)
        {
            var column = csr.FirstColumn[places[i]];
            for (; column - last > Farther; last += Farther, at += _width) _deltas.Pointer[at] = Farther; // on the way, times zero
            _deltas.Pointer[at] = (byte)(column - last);
            _values.Put(at, csr.FirstValue[places[i]]);
            last = column;
        }
    }

    /// <summary>A lane's nonzeros, from the first column to the last.</summary>
    public IEnumerable<(int Column, float Value)> Of(int group, int lane)
    {
        var column = 0;
        for (var step = _starts[group]; step < _starts[group + 1]; step++)
        {
            column += _deltas[step * _width + lane];
            if (_values.Get(step * _width + lane) is not 0 and var value) yield return (column, value);
        }
    }

    /// <summary>Adds them to the sums of a group.</summary>
    /// <param name="x">[tokens, columns]</param>
    /// <param name="stride">From one token's x to the next.</param>
    /// <param name="sums">[tokens, 2 · lanes]</param>
    /// <param name="group">Which one.</param>
    /// <param name="values">Those that are looked up next.</param>
    /// <param name="behind">Where they end.</param>
    /// <param name="indices">Theirs.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)] // so that the loop before it has all registers
    public void Run<S, V, C, T>(float* x, long stride, float* sums, int group, byte* values, byte* behind, byte* indices) where S : ISimd<V> where V : unmanaged where C : ICount where T : IValues
    {
        var (width, from, table) = (2 * S.Lanes, _starts.Pointer[group] * 2 * S.Lanes, (nint)_values.Table);
        var value = (byte*)_values.Pointer + T.Bytes(from);
        var (delta, end) = ((nint)_deltas.Pointer + (nint)from, (nint)_deltas.Pointer + (nint)(_starts.Pointer[group + 1] * width));
        var (some, someIndices) = (Lines * Line, Lines * Line * 2 / T.Bytes(2));
        V n0 = default, n1 = default; // columns, as integers
        V a0 = S.Load(sums), a1 = S.Load(sums + S.Lanes), b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (; delta < end; delta += width, value += T.Bytes(width))
        {
            T.Prefetch<S, V>(value, Ahead * width);
            S.Prefetch((byte*)delta + Ahead * width);
            if (values < behind)
            {
                for (var at = 0; at < some; at += Line) S.PrefetchFar(values + at);
                for (var at = 0L; at < someIndices; at += Line) S.PrefetchFar(indices + at);
                values += some;
                indices += someIndices;
            }
            T.Load<S, V>(value, (float*)table, 0, out var w0, out var w1);
            (n0, n1) = (S.AddBytes(n0, (byte*)delta), S.AddBytes(n1, (byte*)delta + S.Lanes));
            a0 = S.MultiplyAdd(S.Gather(x, n0), w0, a0);
            a1 = S.MultiplyAdd(S.Gather(x, n1), w1, a1);
            if (C.Value > 1) b0 = S.MultiplyAdd(S.Gather(x + stride, n0), w0, b0);
            if (C.Value > 1) b1 = S.MultiplyAdd(S.Gather(x + stride, n1), w1, b1);
            if (C.Value > 2) c0 = S.MultiplyAdd(S.Gather(x + 2 * stride, n0), w0, c0);
            if (C.Value > 2) c1 = S.MultiplyAdd(S.Gather(x + 2 * stride, n1), w1, c1);
            if (C.Value > 3) d0 = S.MultiplyAdd(S.Gather(x + 3 * stride, n0), w0, d0);
            if (C.Value > 3) d1 = S.MultiplyAdd(S.Gather(x + 3 * stride, n1), w1, d1);
        }
        S.Store(a0, sums);
        S.Store(a1, sums + S.Lanes);
        if (C.Value > 1) AddTo<S, V>(sums + width, b0, b1);
        if (C.Value > 2) AddTo<S, V>(sums + 2 * width, c0, c1);
        if (C.Value > 3) AddTo<S, V>(sums + 3 * width, d0, d1);
    }

    private static void AddTo<S, V>(float* sums, V first, V second) where S : ISimd<V> where V : unmanaged
    {
        S.Store(S.Add(S.Load(sums), first), sums);
        S.Store(S.Add(S.Load(sums + S.Lanes), second), sums + S.Lanes);
    }

    public void Dispose()
    {
        _starts.Dispose();
        _values.Dispose();
        _deltas.Dispose();
    }
}
