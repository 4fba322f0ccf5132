using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>Y = W·X + b for any pattern of zeros and many tokens: each nonzero weight multiplies vectors of a column of tokens.</summary>
/// <remarks>
/// Tokens lie side by side: X is [lines, tokens], Y [rows, tokens]; a column's line is its own number unless told. The columns are cut into slices whose part of X fits the first cache, and the
/// nonzeros of a slice lie in the order of work, each beside the line of its column, so that one pointer runs through all. Four rows of about as many nonzeros of the
/// slice are taken together, one nonzero of each in a step of 24 bytes, and what they sum up is kept in registers; shorter rows are filled up with zeros. A step's weights
/// are one load and its lines another, as loads are scarce: two in a cycle.
/// </remarks>
internal sealed unsafe class Unstructured : IDisposable
{
    /// <summary>Rows that are sorted by their number of nonzeros, at least and at most: the more, the better the processor guesses where each ends.</summary>
    public const int LeastAlike = 64, MostAlike = 512;

    private const double Filled = 5.0 / 6;  // of the first cache, by a slice of X
    private const double Thin = 0.07;       // nonzeros for each weight: with fewer a slice is larger, as each costs time for sums that are loaded and stored
    private const double MostTimes = 3.2;   // how much larger, at most
    private const double Shared = 1.5;      // how many times as many columns that share their lines, at most
    private const double ThinShared = 0.15; // from where on they are more
    private const int Ahead = 1 << 12; // bytes of steps that are asked for before they are needed
    private const int Together = 4; // rows
    private const int Block = 512; // rows whose sums stay in the second cache from slice to slice, about

    private readonly int _alike;
    private readonly Lines? _lines;
    private readonly int _slice; // columns
    private readonly int _slices;
    private readonly int[] _first; // of each slice, its first line
    private readonly Native<Step> _steps;
    private readonly int _quads;
    private readonly Native<int> _starts; // [slices, quads] in the order below, in steps, and the end
    private readonly Native<int> _order;  // [slices, quads, 4]: the rows of each
    private readonly Native<float> _bias; // [quads, 4]

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Step
    {
        public fixed float Values[Together];
        public fixed ushort Lines[Together]; // from the slice's first
    }

    /// <param name="csr">W.</param>
    /// <param name="bias">[rows]; none where empty.</param>
    /// <param name="level">Whose vectors.</param>
    /// <param name="lines">Where the columns are in X; at lines of their own numbers where null.</param>
    /// <param name="alike">Rows that are sorted among themselves; a multiple of four.</param>
    /// <param name="vectors">Of tokens that mostly come at once; as many as there may be where 0.</param>
    public Unstructured(Csr csr, ReadOnlySpan<float> bias, Level level, Lines? lines = null, int alike = MostAlike, int vectors = 0)
    {
        (Rows, Columns, _lines, _alike) = (csr.Rows, csr.Columns, lines, alike);
        var room = SliceOf(csr.Density, level, vectors > 0 ? vectors : level.MostVectors, lines is { AreShared: true });
        if (lines is not null) room = (int)Math.Clamp((long)Columns * ushort.MaxValue / lines.Count - 1, 1, room); // lines of a slice are told in two bytes
        _slices = Math.Max(1, (Columns + room - 1) / room);
        _slice = (Columns + _slices - 1) / _slices;
        _first = [.. Enumerable.Range(0, _slices).Select(slice => Enumerable.Range(slice * _slice, Math.Max(1, Math.Min(_slice, Columns - slice * _slice))).Min(Line))];
        _quads = (Rows + Together - 1) / Together;
        _bias = new((long)Together * _quads);
        bias.CopyTo(new Span<float>(_bias.Pointer, Rows));
        _starts = new((long)_slices * _quads + 1);
        _order = new((long)Together * _slices * _quads);
        var length = 0;
        var next = csr.Starts.AsSpan().ToArray(); // of each row, and of one that is empty
        var counts = new int[Together * _quads];
        for (var slice = 0; slice < _slices; slice++)
        {
            var order = new Span<int>(_order.Pointer + (long)Together * slice * _quads, Together * _quads);
            Arrange(csr, slice, next, counts, order);
            for (var quad = 0; quad < _quads; quad++)
            {
                _starts[(long)slice * _quads + quad] = length;
                var most = 0;
                foreach (var row in order.Slice(Together * quad, Together)) most = Math.Max(most, counts[row]);
                length = checked(length + most);
            }
            for (var row = 0; row < Rows; row++) next[row] += counts[row];
        }
        _starts[(long)_slices * _quads] = length;
        _steps = new(length + 2L); // two more are looked at
        csr.Starts.CopyTo(next, 0);
        for (var at = 0L; at < (long)_slices * _quads; at++)
            for (var member = 0; member < Together; member++)
            {
                var (row, slice) = (_order[Together * at + member], (int)(at / _quads));
                if (row < Rows) Fill(csr, row, ref next[row], slice, member, at);
            }
    }

    /// <summary>Counts the nonzeros of each row in a slice, and sorts by them the rows that are worked on together.</summary>
    private void Arrange(Csr csr, int slice, int[] next, int[] counts, Span<int> order)
    {
        var keys = new long[order.Length]; // counts, and rows
        for (var row = 0; row < Rows; row++) counts[row] = Before(csr.FirstColumn + next[row], csr.Starts[row + 1] - next[row], (slice + 1) * _slice);
        for (var row = 0; row < keys.Length; row++) keys[row] = (long)counts[row] << 32 | (uint)row;
        for (var block = 0; block < keys.Length; block += _alike) keys.AsSpan(block, Math.Min(_alike, keys.Length - block)).Sort();
        for (var row = 0; row < keys.Length; row++) order[row] = (int)keys[row];
    }

    private void Fill(Csr csr, int row, ref int next, int slice, int member, long quad)
    {
        var (line, first, count) = ((ushort)0, _first[slice], Before(csr.FirstColumn + next, csr.Starts[row + 1] - next, (slice + 1) * _slice));
        var columns = csr.FirstColumn + next;
        var values = csr.FirstValue + next;
        var step = _steps.Pointer + _starts[quad];
        for (var i = 0; i < count; i++, step++)
        {
            line = checked((ushort)(Line(columns[i]) - first));
            step->Values[member] = values[i];
            step->Lines[member] = line;
        }
        for (var end = _steps.Pointer + _starts[quad + 1]; step < end; step++) step->Lines[member] = line; // times zero
        next += count;
    }

    private int Line(int column) => _lines?[column] ?? column;

    /// <summary>How many of these ascending columns lie before one; a vector is read behind the last.</summary>
    private static int Before(int* columns, int count, int end)
    {
        var (ends, before) = (Vector512.Create(end), 0);
        for (; before < count; before += Vector512<int>.Count)
            if (BitOperations.TrailingZeroCount(~Vector512.LessThan(Vector512.Load(columns + before), ends).ExtractMostSignificantBits()) is var some && some < Vector512<int>.Count) return Math.Min(count, before + some);
        return count;
    }

    /// <summary>Columns of a slice, at most.</summary>
    /// <param name="density">Nonzeros for each weight.</param>
    /// <param name="level">Whose vectors.</param>
    /// <param name="vectors">Of tokens that come at once.</param>
    /// <param name="areShared">Whether columns share their lines.</param>
    public static int SliceOf(double density, Level level, int vectors, bool areShared)
    {
        var times = Math.Max(1, Thin / density) * (areShared ? Math.Clamp(ThinShared / density, 1, Shared) : 1);
        return Math.Min(ushort.MaxValue, (int)(FirstCache.Bytes * Filled * Math.Min(times, MostTimes)) / (vectors * level.Lanes * sizeof(float)));
    }

    /// <summary>Slices of columns.</summary>
    public int Slices => _slices;

    public int Rows { get; }
    public int Columns { get; }
    public long Bytes => _steps.Bytes + _starts.Bytes + _order.Bytes + _bias.Bytes;

    /// <summary>W again.</summary>
    public Csr ToCsr() => Csr.Of(Rows, Columns, Each);

    private void Each(Action<int, int, float> visit)
    {
        for (var quad = 0L; quad < (long)_slices * _quads; quad++)
            for (var at = (long)_starts[quad]; at < _starts[quad + 1]; at++)
                for (var member = 0; member < Together; member++)
                    if (_steps[at].Values[member] is not 0 and var value) visit(_order[Together * quad + member], Column(_first[quad / _quads] + _steps[at].Lines[member]), value);
    }

    private int Column(int line) => _lines?.Column(line) ?? line;

    /// <param name="x">[lines, vectors · lanes]</param>
    /// <param name="xStride">Floats from one line to the next.</param>
    /// <param name="y">[rows up to a multiple of four, vectors · lanes]</param>
    /// <param name="yStride">Likewise.</param>
    /// <param name="vectors">Of tokens, from 1 to <see cref="Level.MostVectors"/>.</param>
    /// <param name="relu">Whether what is negative becomes 0.</param>
    /// <param name="from">The first row, a multiple of those that are sorted among themselves.</param>
    /// <param name="to">Behind the last; a multiple too, or all.</param>
    public void Run<S, V>(float* x, long xStride, float* y, long yStride, int vectors, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged
    {
        (from, to) = (from / Together, (to + Together - 1) / Together); // quads
        var (target, block) = (new Panel(y, yStride), Math.Max(1, Block / _alike) * _alike / Together);
        for (; from < to; from += block)
        {
            var behind = Math.Min(from + block, to);
            switch (vectors)
            {
                case 1: Run<S, V, One>(x, (nuint)xStride, &target, relu, from, behind); break;
                case 2: Run<S, V, Two>(x, (nuint)xStride, &target, relu, from, behind); break;
                case 3: Run<S, V, Three>(x, (nuint)xStride, &target, relu, from, behind); break;
                default: Run<S, V, Four>(x, (nuint)xStride, &target, relu, from, behind); break;
            }
        }
    }

    /// <param name="target">Y: by a pointer, so that the loop's registers are left to what is used in it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    private void Run<S, V, C>(float* x, nuint xStride, Panel* target, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged where C : ICount
    {
        var stride = xStride * sizeof(float);
        for (var slice = 0; slice < _slices; slice++)
        {
            var starts = _starts.Pointer + (long)slice * _quads;
            var order = _order.Pointer + (long)Together * slice * _quads;
            var step = _steps.Pointer + starts[from];
            var lines = (byte*)x + (nuint)_first[slice] * stride;
            // The places of a step are worked out while the step before it is multiplied, from what was loaded before that: loads that wait for their places would hold up others.
            var places = LinesOf(step);
            float* p0 = (float*)(lines + (nuint)(ushort)places * stride), p1 = (float*)(lines + (nuint)(ushort)(places >> 16) * stride), p2 = (float*)(lines + (nuint)(ushort)(places >> 32) * stride), p3 = (float*)(lines + (nuint)(places >> 48) * stride);
            places = LinesOf(step + 1);
            for (var quad = from; quad < to; quad++)
            {
                var end = _steps.Pointer + starts[quad + 1];
                for (var soon = (byte*)step + Ahead; soon < (byte*)end + Ahead; soon += 64) S.Prefetch(soon);
                var rows = order + (long)Together * quad;
                V a0, a1 = default, a2 = default, a3 = default, b0, b1 = default, b2 = default, b3 = default, c0, c1 = default, c2 = default, c3 = default, d0, d1 = default, d2 = default, d3 = default;
                if (slice == 0)
                {
                    a0 = a1 = a2 = a3 = S.All(_bias.Pointer[rows[0]]);
                    b0 = b1 = b2 = b3 = S.All(_bias.Pointer[rows[1]]);
                    c0 = c1 = c2 = c3 = S.All(_bias.Pointer[rows[2]]);
                    d0 = d1 = d2 = d3 = S.All(_bias.Pointer[rows[3]]);
                }
                else
                {
                    Get<S, V, C>(target->Start + rows[0] * target->Stride, out a0, out a1, out a2, out a3);
                    Get<S, V, C>(target->Start + rows[1] * target->Stride, out b0, out b1, out b2, out b3);
                    Get<S, V, C>(target->Start + rows[2] * target->Stride, out c0, out c1, out c2, out c3);
                    Get<S, V, C>(target->Start + rows[3] * target->Stride, out d0, out d1, out d2, out d3);
                }
                if (C.Value == 1)
                {
                    // Two steps at a time with sums of their own: each sum waits for itself.
                    b1 = c1 = d1 = a1 = default;
                    for (; step + 2 <= end; step += 2)
                    {
                        MultiplyAdd<S, V>(step, lines, stride, ref a0, ref b0, ref c0, ref d0);
                        MultiplyAdd<S, V>(step + 1, lines, stride, ref a1, ref b1, ref c1, ref d1);
                    }
                    if (step < end) MultiplyAdd<S, V>(step++, lines, stride, ref a0, ref b0, ref c0, ref d0);
                    (a0, b0, c0, d0) = (S.Add(a0, a1), S.Add(b0, b1), S.Add(c0, c1), S.Add(d0, d1));
                }
                else
                    for (; step < end; step++)
                    {
                        S.Four((float*)step, out var a, out var b, out var c, out var d);
                        float* q0 = p0, q1 = p1, q2 = p2, q3 = p3;
                        p0 = (float*)(lines + (nuint)(ushort)places * stride);
                        p1 = (float*)(lines + (nuint)(ushort)(places >> 16) * stride);
                        p2 = (float*)(lines + (nuint)(ushort)(places >> 32) * stride);
                        p3 = (float*)(lines + (nuint)(places >> 48) * stride);
                        places = LinesOf(step + 2);
                        a0 = S.MultiplyAdd(a, S.Load(q0), a0);
                        a1 = S.MultiplyAdd(a, S.Load(q0 + S.Lanes), a1);
                        if (C.Value > 2) a2 = S.MultiplyAdd(a, S.Load(q0 + 2 * S.Lanes), a2);
                        if (C.Value > 3) a3 = S.MultiplyAdd(a, S.Load(q0 + 3 * S.Lanes), a3);
                        b0 = S.MultiplyAdd(b, S.Load(q1), b0);
                        b1 = S.MultiplyAdd(b, S.Load(q1 + S.Lanes), b1);
                        if (C.Value > 2) b2 = S.MultiplyAdd(b, S.Load(q1 + 2 * S.Lanes), b2);
                        if (C.Value > 3) b3 = S.MultiplyAdd(b, S.Load(q1 + 3 * S.Lanes), b3);
                        c0 = S.MultiplyAdd(c, S.Load(q2), c0);
                        c1 = S.MultiplyAdd(c, S.Load(q2 + S.Lanes), c1);
                        if (C.Value > 2) c2 = S.MultiplyAdd(c, S.Load(q2 + 2 * S.Lanes), c2);
                        if (C.Value > 3) c3 = S.MultiplyAdd(c, S.Load(q2 + 3 * S.Lanes), c3);
                        d0 = S.MultiplyAdd(d, S.Load(q3), d0);
                        d1 = S.MultiplyAdd(d, S.Load(q3 + S.Lanes), d1);
                        if (C.Value > 2) d2 = S.MultiplyAdd(d, S.Load(q3 + 2 * S.Lanes), d2);
                        if (C.Value > 3) d3 = S.MultiplyAdd(d, S.Load(q3 + 3 * S.Lanes), d3);
                    }
                var last = relu && slice == _slices - 1;
                Put<S, V, C>(target->Start + rows[0] * target->Stride, a0, a1, a2, a3, last);
                Put<S, V, C>(target->Start + rows[1] * target->Stride, b0, b1, b2, b3, last);
                Put<S, V, C>(target->Start + rows[2] * target->Stride, c0, c1, c2, c3, last);
                Put<S, V, C>(target->Start + rows[3] * target->Stride, d0, d1, d2, d3, last);
            }
        }
    }

    /// <summary>A step of one vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd<S, V>(Step* step, byte* lines, nuint stride, ref V a, ref V b, ref V c, ref V d) where S : ISimd<V> where V : unmanaged
    {
        S.Four((float*)step, out var first, out var second, out var third, out var fourth);
        var places = LinesOf(step);
        a = S.MultiplyAdd(first, S.Load((float*)(lines + (nuint)(ushort)places * stride)), a);
        b = S.MultiplyAdd(second, S.Load((float*)(lines + (nuint)(ushort)(places >> 16) * stride)), b);
        c = S.MultiplyAdd(third, S.Load((float*)(lines + (nuint)(ushort)(places >> 32) * stride)), c);
        d = S.MultiplyAdd(fourth, S.Load((float*)(lines + (nuint)(places >> 48) * stride)), d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LinesOf(Step* step) => *(ulong*)step->Lines;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] // the sums stay in registers
    private static void Get<S, V, C>(float* y, out V sum0, out V sum1, out V sum2, out V sum3) where S : ISimd<V> where V : unmanaged where C : ICount
    {
        sum0 = S.Load(y);
        sum1 = C.Value > 1 ? S.Load(y + S.Lanes) : default;
        sum2 = C.Value > 2 ? S.Load(y + 2 * S.Lanes) : default;
        sum3 = C.Value > 3 ? S.Load(y + 3 * S.Lanes) : default;
    }

    /// <summary>Stores up to four vectors of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // the sums stay in registers
    internal static void Put<S, V, C>(float* y, V sum0, V sum1, V sum2, V sum3, bool relu) where S : ISimd<V> where V : unmanaged where C : ICount
    {
        if (relu)
        {
            var zero = S.All(0);
            (sum0, sum1, sum2, sum3) = (S.Max(zero, sum0), S.Max(zero, sum1), S.Max(zero, sum2), S.Max(zero, sum3));
        }
        S.Store(sum0, y);
        if (C.Value > 1) S.Store(sum1, y + S.Lanes);
        if (C.Value > 2) S.Store(sum2, y + 2 * S.Lanes);
        if (C.Value > 3) S.Store(sum3, y + 3 * S.Lanes);
    }

    public void Dispose()
    {
        _steps.Dispose();
        _starts.Dispose();
        _order.Dispose();
        _bias.Dispose();
    }
}
