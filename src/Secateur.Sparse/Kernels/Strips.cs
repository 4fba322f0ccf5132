using System.Runtime.CompilerServices;

namespace Secateur.Sparse.Kernels;

/// <summary>y = W·x + b where as many rows as a vector has lanes are kept or pruned together, wherever they lie (<c>block-16x1</c>), and one to four tokens: a column of a strip is one vector.</summary>
/// <remarks>Nothing is looked up and nothing is wasted, so that memory is the limit; weights of one byte, with a scale for each row, are then four times as fast as floats.</remarks>
internal sealed unsafe class Strips : IDisposable
{
    private readonly int _strips;
    private readonly Native<int> _starts;      // [strips + 1]
    private readonly Native<ushort> _columns;  // of each strip
    private readonly Native<float>? _floats;   // [strip's columns, lanes]
    private readonly Native<sbyte>? _bytes;    // alike
    private readonly bool _natural;            // rows are in their own order
    private readonly Native<int> _rows;        // [rows up to a whole strip]: where each lane's sum belongs
    private readonly Native<float> _scales;    // alike
    private readonly Native<float> _bias;      // alike

    /// <param name="csr">W, of at most 65,536 columns; where there are scales, whole numbers from −128 to 127 that they multiply.</param>
    /// <param name="groups">As high as a vector has lanes.</param>
    /// <param name="bias">[rows]; none where empty.</param>
    /// <param name="scales">[rows], by which bytes are multiplied; floats are kept where empty.</param>
    /// <exception cref="ArgumentException">A value is no byte.</exception>
    public Strips(Csr csr, RowGroups groups, ReadOnlySpan<float> bias, ReadOnlySpan<float> scales)
    {
        (Rows, Columns, _strips, _natural) = (csr.Rows, csr.Columns, groups.Count, groups.AreNeighbours);
        var (blocks, lanes) = (groups.Joined, groups.Height);
        (_starts, _columns, _rows, _scales, _bias) = (new(_strips + 1), new(blocks), groups.Places(), groups.Arranged(scales), groups.Arranged(bias));
        if (scales.IsEmpty) _floats = new(blocks * lanes);
        else _bytes = new(blocks * lanes);
        var at = 0;
        for (var strip = 0; strip < _strips; strip++)
        {
            _starts[strip] = at;
            groups.Walk(csr, strip, (column, member, value) =>
            {
                if (member < 0) _columns[at++] = checked((ushort)column);
                else if (_floats is not null) _floats[(at - 1L) * lanes + member] = value;
                else _bytes![(at - 1L) * lanes + member] = Byte(value);
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

    public long Bytes => _starts.Bytes + _columns.Bytes + _rows.Bytes + (_floats?.Bytes ?? 0) + (_bytes?.Bytes ?? 0) + _scales.Bytes + _bias.Bytes;

    private static sbyte Byte(float value) => value == MathF.Round(value) && value is >= sbyte.MinValue and <= sbyte.MaxValue
        ? (sbyte)value
        : throw new ArgumentException($"{value:R} is no byte.");

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
        if (_floats is not null) Run<S, V, C, Floats>(_floats.Pointer, x, xStride, y, yStride, relu, from, to);
        else Run<S, V, C, Bytes8>(_bytes!.Pointer, x, xStride, y, yStride, relu, from, to);
    }

    private interface IValues
    {
        static abstract V Load<S, V>(void* values, long at) where S : ISimd<V> where V : unmanaged;
        static abstract bool Scaled { get; }
    }

    private readonly struct Floats : IValues
    {
        public static bool Scaled => false;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Load<S, V>(void* values, long at) where S : ISimd<V> where V : unmanaged => S.Load((float*)values + at);
    }

    private readonly struct Bytes8 : IValues
    {
        public static bool Scaled => true;
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Load<S, V>(void* values, long at) where S : ISimd<V> where V : unmanaged => S.Load((sbyte*)values + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    private void Run<S, V, C, T>(void* values, float* x, long xStride, float* y, long yStride, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged where C : ICount where T : IValues
    {
        for (var strip = from; strip < to; strip++)
        {
            V a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
            var (block, end) = (_starts.Pointer[strip], _starts.Pointer[strip + 1]);
            var columns = _columns.Pointer;
            for (; C.Value == 1 && block + 4 <= end; block += 4) // one token: four sums, as each waits for itself
            {
                a0 = S.MultiplyAdd(T.Load<S, V>(values, (long)block * S.Lanes), S.All(x[columns[block]]), a0);
                a1 = S.MultiplyAdd(T.Load<S, V>(values, (block + 1L) * S.Lanes), S.All(x[columns[block + 1]]), a1);
                a2 = S.MultiplyAdd(T.Load<S, V>(values, (block + 2L) * S.Lanes), S.All(x[columns[block + 2]]), a2);
                a3 = S.MultiplyAdd(T.Load<S, V>(values, (block + 3L) * S.Lanes), S.All(x[columns[block + 3]]), a3);
            }
            for (; block + 2 <= end; block += 2)
            {
                var (first, second) = (T.Load<S, V>(values, (long)block * S.Lanes), T.Load<S, V>(values, (block + 1L) * S.Lanes));
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
                var last = T.Load<S, V>(values, (long)block * S.Lanes);
                var column = x + columns[block];
                a0 = S.MultiplyAdd(last, S.All(column[0]), a0);
                if (C.Value > 1) b0 = S.MultiplyAdd(last, S.All(column[xStride]), b0);
                if (C.Value > 2) c0 = S.MultiplyAdd(last, S.All(column[2 * xStride]), c0);
                if (C.Value > 3) d0 = S.MultiplyAdd(last, S.All(column[3 * xStride]), d0);
            }
            Put<S, V, T>(strip, S.Add(S.Add(a0, a1), S.Add(a2, a3)), relu, y);
            if (C.Value > 1) Put<S, V, T>(strip, S.Add(b0, b1), relu, y + yStride);
            if (C.Value > 2) Put<S, V, T>(strip, S.Add(c0, c1), relu, y + 2 * yStride);
            if (C.Value > 3) Put<S, V, T>(strip, S.Add(d0, d1), relu, y + 3 * yStride);
        }
    }

    private void Put<S, V, T>(int strip, V sum, bool relu, float* y) where S : ISimd<V> where V : unmanaged where T : IValues
    {
        var row = strip * S.Lanes;
        var bias = S.Load(_bias.Pointer + row);
        sum = T.Scaled ? S.MultiplyAdd(sum, S.Load(_scales.Pointer + row), bias) : S.Add(sum, bias);
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
        _floats?.Dispose();
        _bytes?.Dispose();
        _scales.Dispose();
        _bias.Dispose();
    }
}
