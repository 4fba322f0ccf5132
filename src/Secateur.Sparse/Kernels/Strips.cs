using System.Runtime.CompilerServices;

namespace Secateur.Sparse.Kernels;

/// <summary>y = W·x + b where as many rows as a vector has lanes are kept or pruned together, wherever they lie (<c>block-16x1</c>), and one to four tokens: a column of a strip is one vector.</summary>
/// <remarks>Nothing is looked up and nothing is wasted, so that memory is the limit; weights of one byte, with a scale for each row, are then four times as fast as floats, and those of two bytes twice.</remarks>
internal sealed unsafe class Strips : IDisposable
{
    private const int SecondCache = 1 << 20; // bytes of values, beyond which memory is asked for them before they come
    private const int Ahead = 8 << 10;       // bytes before
    private const int Line = 64;
    private readonly int _strips;
    private readonly Native<int> _starts;      // [strips + 1]
    private readonly Native<ushort> _columns;  // of each strip
    private readonly PackedValues _values;     // [strip's columns, lanes]
    private readonly bool _scaled;
    private readonly bool _natural;            // rows are in their own order
    private readonly Native<int> _rows;        // [rows up to a whole strip]: where each lane's sum belongs
    private readonly Native<float> _scales;    // alike
    private readonly Native<float> _bias;      // alike

    /// <param name="csr">W, of at most 65,536 columns, over the scales where there are some.</param>
    /// <param name="groups">As high as a vector has lanes.</param>
    /// <param name="bias">[rows]; none where empty.</param>
    /// <param name="scales">[rows], by which sums are multiplied; none where empty.</param>
    /// <param name="kind">How values are kept; the shortest that holds them exactly unless told.</param>
    public Strips(Csr csr, RowGroups groups, ReadOnlySpan<float> bias, ReadOnlySpan<float> scales, ValueKind? kind = null)
    {
        (Rows, Columns, _strips, _natural) = (csr.Rows, csr.Columns, groups.Count, groups.AreNeighbours);
        var (blocks, lanes) = (groups.Joined, groups.Height);
        (_starts, _columns, _rows, _scales, _bias) = (new(_strips + 1), new(blocks), groups.Places(), groups.Arranged(scales), groups.Arranged(bias));
        if (kind == ValueKind.Code4) throw new ArgumentException("Codes are of pairs of vectors, which strips have not.");
        (_values, _scaled) = (new(kind ?? PackedValues.KindOf(csr, codes: false), blocks * lanes, lanes), !scales.IsEmpty);
        var at = 0;
        for (var strip = 0; strip < _strips; strip++)
        {
            _starts[strip] = at;
            groups.Walk(csr, strip, (column, member, value) =>
            {
                if (member < 0) _columns[at++] = checked((ushort)column);
                else _values.Put((at - 1L) * lanes + member, value);
            });
        }
        _starts[_strips] = at;
    }

    /// <summary>The most columns.</summary>
    public const int MostColumns = ushort.MaxValue + 1;

    public int Rows { get; }
    public int Columns { get; }

    /// <summary>Strips, by which the work may be divided.</summary>
    public int Groups => _strips;

    public long Bytes => _starts.Bytes + _columns.Bytes + _rows.Bytes + _values.Bytes + _scales.Bytes + _bias.Bytes;

    /// <summary>How values are kept.</summary>
    public ValueKind Kind => _values.Kind;

    /// <summary>W again, times the scales.</summary>
    public Csr ToCsr() => Csr.Of(Rows, Columns, Each);

    private void Each(Action<int, int, float> visit)
    {
        var lanes = (int)(_rows.Length / Math.Max(1, _strips));
        for (var strip = 0; strip < _strips; strip++)
            for (var block = _starts[strip]; block < _starts[strip + 1]; block++)
                for (var lane = 0; lane < lanes; lane++)
                    if (_values.Get((long)block * lanes + lane) is not 0 and var value) visit(_rows[strip * lanes + lane], _columns[block], _scaled ? value * _scales[strip * lanes + lane] : value);
    }

    /// <param name="x">[tokens, columns]</param>
    /// <param name="xStride">From one token's x to the next.</param>
    /// <param name="y">[tokens, rows]</param>
    /// <param name="yStride">From one token's y to the next.</param>
    /// <param name="tokens">1 to 4.</param>
    /// <param name="relu">Whether what is negative becomes 0.</param>
    /// <param name="from">The first strip.</param>
    /// <param name="to">Behind the last.</param>
    public void Run<S, V>(float* x, long xStride, float* y, long yStride, int tokens, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged
    {
        switch (tokens)
        {
            case 1: Run<S, V, One>(x, xStride, y, yStride, relu, from, to); break;
            case 2: Run<S, V, Two>(x, xStride, y, yStride, relu, from, to); break;
            case 3: Run<S, V, Three>(x, xStride, y, yStride, relu, from, to); break;
            default: Run<S, V, Four>(x, xStride, y, yStride, relu, from, to); break;
        }
    }

    private void Run<S, V, C>(float* x, long xStride, float* y, long yStride, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged where C : ICount
    {
        switch (_values.Kind)
        {
            case ValueKind.Float32: Run<S, V, C, Floats>(x, xStride, y, yStride, relu, from, to); break;
            case ValueKind.BFloat16: Run<S, V, C, BrainFloats>(x, xStride, y, yStride, relu, from, to); break;
            case ValueKind.Float16: Run<S, V, C, HalfFloats>(x, xStride, y, yStride, relu, from, to); break;
            default: Run<S, V, C, WholeNumbers>(x, xStride, y, yStride, relu, from, to); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    private void Run<S, V, C, T>(float* x, long xStride, float* y, long yStride, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged where C : ICount where T : IValues
    {
        var (values, table) = ((nint)_values.Pointer, (nint)_values.Table);
        var some = _values.Bytes > SecondCache ? 4 * T.Bytes(S.Lanes) : 0; // bytes that are asked for while as many are multiplied
        for (var strip = from; strip < to; strip++)
        {
            V a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
            var (block, end) = (_starts.Pointer[strip], _starts.Pointer[strip + 1]);
            var columns = _columns.Pointer;
            for (; C.Value == 1 && block + 4 <= end; block += 4) // one token: four sums, as each waits for itself
            {
                for (var at = 0L; at < some; at += Line) S.Prefetch((byte*)values + T.Bytes((long)block * S.Lanes) + Ahead + at);
                a0 = S.MultiplyAdd(T.Load<S, V>((void*)values, (float*)table, (long)block * S.Lanes), S.All(x[columns[block]]), a0);
                a1 = S.MultiplyAdd(T.Load<S, V>((void*)values, (float*)table, (block + 1L) * S.Lanes), S.All(x[columns[block + 1]]), a1);
                a2 = S.MultiplyAdd(T.Load<S, V>((void*)values, (float*)table, (block + 2L) * S.Lanes), S.All(x[columns[block + 2]]), a2);
                a3 = S.MultiplyAdd(T.Load<S, V>((void*)values, (float*)table, (block + 3L) * S.Lanes), S.All(x[columns[block + 3]]), a3);
            }
            for (; block + 2 <= end; block += 2)
            {
                var (first, second) = (T.Load<S, V>((void*)values, (float*)table, (long)block * S.Lanes), T.Load<S, V>((void*)values, (float*)table, (block + 1L) * S.Lanes));
                var one = x + columns[block];
                var two = x + columns[block + 1];
                a0 = S.MultiplyAdd(first, S.All(one[0]), a0);
                a1 = S.MultiplyAdd(second, S.All(two[0]), a1);
                if (C.Value > 1) b0 = S.MultiplyAdd(first, S.All(one[xStride]), b0);
                if (C.Value > 1) b1 = S.MultiplyAdd(second, S.All(two[xStride]), b1);
                if (C.Value > 2) c0 = S.MultiplyAdd(first, S.All(one[2 * xStride]), c0);
                if (C.Value > 2) c1 = S.MultiplyAdd(second, S.All(two[2 * xStride]), c1);
                if (C.Value > 3) d0 = S.MultiplyAdd(first, S.All(one[3 * xStride]), d0);
                if (C.Value > 3) d1 = S.MultiplyAdd(second, S.All(two[3 * xStride]), d1);
            }
            if (block < end)
            {
                var last = T.Load<S, V>((void*)values, (float*)table, (long)block * S.Lanes);
                var column = x + columns[block];
                a0 = S.MultiplyAdd(last, S.All(column[0]), a0);
                if (C.Value > 1) b0 = S.MultiplyAdd(last, S.All(column[xStride]), b0);
                if (C.Value > 2) c0 = S.MultiplyAdd(last, S.All(column[2 * xStride]), c0);
                if (C.Value > 3) d0 = S.MultiplyAdd(last, S.All(column[3 * xStride]), d0);
            }
            Put<S, V>(strip, S.Add(S.Add(a0, a1), S.Add(a2, a3)), relu, y);
            if (C.Value > 1) Put<S, V>(strip, S.Add(b0, b1), relu, y + yStride);
            if (C.Value > 2) Put<S, V>(strip, S.Add(c0, c1), relu, y + 2 * yStride);
            if (C.Value > 3) Put<S, V>(strip, S.Add(d0, d1), relu, y + 3 * yStride);
        }
    }

    private void Put<S, V>(int strip, V sum, bool relu, float* y) where S : ISimd<V> where V : unmanaged
    {
        var row = strip * S.Lanes;
        var bias = S.Load(_bias.Pointer + row);
        sum = _scaled ? S.MultiplyAdd(sum, S.Load(_scales.Pointer + row), bias) : S.Add(sum, bias);
        if (relu) sum = S.Max(S.All(0), sum);
        if (_natural && row + S.Lanes <= Rows)
        {
            S.Store(sum, y + row);
            return;
        }
        var whole = stackalloc float[S.Lanes];
        S.Store(sum, whole);
        for (var lane = 0; lane < S.Lanes; lane++)
            if (_rows.Pointer[row + lane] is var at && at < Rows) y[at] = whole[lane];
    }

    public void Dispose()
    {
        _starts.Dispose();
        _columns.Dispose();
        _rows.Dispose();
        _values.Dispose();
        _scales.Dispose();
        _bias.Dispose();
    }
}
