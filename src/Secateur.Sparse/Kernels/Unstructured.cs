using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Secateur.Sparse.Kernels;

/// <summary>Y = W·X + b for any pattern of zeros and many tokens: each nonzero weight multiplies vectors of a column of tokens.</summary>
/// <remarks>
/// Tokens lie side by side: X is [lines, tokens], Y [rows, tokens]; a column's line is its own number unless told. The columns are cut into slices whose part of X fits the first cache (32 KiB), and the
/// nonzeros of a slice lie in the order of work, each beside the line of its column, so that one pointer runs through all. Two rows of about as many nonzeros of the
/// slice are taken together, one nonzero of each in a step of 12 bytes, and what they sum up is kept in registers; the shorter row is filled up with a zero.
/// </remarks>
internal sealed unsafe class Unstructured : IDisposable
{
    /// <summary>Bytes of it for a slice of X.</summary>
    public const int FirstCache = 32 << 10;

    public const int Alike = 64;  // rows sorted by their number of nonzeros, so that the processor guesses where a row ends, while their sums stay in the first cache
    private const int Ahead = 1 << 12; // bytes of entries that are asked for before they are needed
    private const int Block = 512; // rows whose sums stay in the second cache from slice to slice

    private readonly Lines? _lines;
    private readonly int _slice; // columns
    private readonly int _slices;
    private readonly int[] _first; // of each slice, its first line
    private readonly Native<Step> _steps;
    private readonly int _pairs;
    private readonly Native<int> _starts; // [slices, pairs] in the order below, in steps, and the end
    private readonly Native<int> _order;  // [slices, pairs, 2]: the rows of each pair
    private readonly Native<float> _bias; // [pairs, 2]

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Step
    {
        public float Value, Other;
        public ushort Line, OtherLine; // from the slice's first
    }

    /// <param name="csr">W.</param>
    /// <param name="bias">[rows]; none where empty.</param>
    /// <param name="lanes">Floats of a vector.</param>
    /// <param name="lines">Where the columns are in X; at lines of their own numbers where null.</param>
    public Unstructured(Csr csr, ReadOnlySpan<float> bias, int lanes, Lines? lines = null)
    {
        (Rows, Columns, _lines) = (csr.Rows, csr.Columns, lines);
        var most = FirstCache / (MostVectors * lanes * sizeof(float));
        _slices = Math.Max(1, (Columns + most - 1) / most);
        _slice = (Columns + _slices - 1) / _slices;
        _first = [.. Enumerable.Range(0, _slices).Select(slice => Enumerable.Range(slice * _slice, Math.Max(1, Math.Min(_slice, Columns - slice * _slice))).Min(Line))];
        _pairs = (Rows + 1) / 2;
        _bias = new(2L * _pairs);
        bias.CopyTo(new Span<float>(_bias.Pointer, Rows));
        _starts = new((long)_slices * _pairs + 1);
        _order = new(2L * _slices * _pairs);
        var length = 0;
        var next = csr.Starts.AsSpan().ToArray(); // of each row, and of one that is empty
        var counts = new int[2 * _pairs];
        for (var slice = 0; slice < _slices; slice++)
        {
            var order = new Span<int>(_order.Pointer + 2L * slice * _pairs, 2 * _pairs);
            Arrange(csr, slice, next, counts, order);
            for (var pair = 0; pair < _pairs; pair++)
            {
                _starts[(long)slice * _pairs + pair] = length;
                length = checked(length + Math.Max(counts[order[2 * pair]], counts[order[2 * pair + 1]]));
            }
            for (var row = 0; row < Rows; row++) next[row] += counts[row];
        }
        _starts[(long)_slices * _pairs] = length;
        _steps = new(length);
        csr.Starts.CopyTo(next, 0);
        for (var at = 0L; at < (long)_slices * _pairs; at++)
            for (var member = 0; member < 2; member++)
            {
                var (row, slice) = (_order[2 * at + member], (int)(at / _pairs));
                if (row < Rows) Fill(csr, row, ref next[row], slice, member, at);
            }
    }

    /// <summary>Counts the nonzeros of each row in a slice, and sorts by them the rows that are worked on together.</summary>
    private void Arrange(Csr csr, int slice, int[] next, int[] counts, Span<int> order)
    {
        for (var row = 0; row < order.Length; row++) order[row] = row;
        for (var row = 0; row < Rows; row++) counts[row] = Before(csr.ColumnsOf(row), (slice + 1) * _slice) - (next[row] - csr.Starts[row]);
        for (var block = 0; block < order.Length; block += Alike)
            order.Slice(block, Math.Min(Alike, order.Length - block)).Sort((left, right) => (counts[left], left).CompareTo((counts[right], right)));
    }

    private void Fill(Csr csr, int row, ref int next, int slice, int member, long pair)
    {
        var columns = csr.ColumnsOf(row);
        var line = (ushort)0;
        for (var step = _starts[pair]; step < _starts[pair + 1]; step++)
        {
            var i = next - csr.Starts[row];
            var some = i < columns.Length && columns[i] < (slice + 1) * _slice;
            if (some) line = checked((ushort)(Line(columns[i]) - _first[slice]));
            var value = some ? csr.ValuesOf(row)[i] : 0;
            if (member == 0) (_steps[step].Value, _steps[step].Line) = (value, line);
            else (_steps[step].Other, _steps[step].OtherLine) = (value, line);
            if (some) next++;
        }
    }

    private int Line(int column) => _lines?[column] ?? column;

    /// <summary>How many of these ascending columns lie before one.</summary>
    private static int Before(ReadOnlySpan<int> columns, int end) => columns.BinarySearch(end) is var at && at < 0 ? ~at : at;

    /// <summary>Vectors of tokens in a tile, at most.</summary>
    public const int MostVectors = 4;

    /// <summary>Slices of columns.</summary>
    public int Slices => _slices;

    public int Rows { get; }
    public int Columns { get; }
    public long Bytes => _steps.Bytes + _starts.Bytes + _order.Bytes + _bias.Bytes;

    /// <summary>W again.</summary>
    public Csr ToCsr() => Csr.Of(Rows, Columns, Each);

    private void Each(Action<int, int, float> visit)
    {
        for (var pair = 0L; pair < (long)_slices * _pairs; pair++)
            for (var at = (long)_starts[pair]; at < _starts[pair + 1]; at++)
            {
                var (step, first) = (_steps[at], _first[pair / _pairs]);
                if (step.Value != 0) visit(_order[2 * pair], Column(first + step.Line), step.Value);
                if (step.Other != 0) visit(_order[2 * pair + 1], Column(first + step.OtherLine), step.Other);
            }
    }

    private int Column(int line) => _lines?.Column(line) ?? line;

    /// <param name="x">[lines, vectors · lanes]</param>
    /// <param name="xStride">Floats from one line to the next.</param>
    /// <param name="y">[rows up to an even number, vectors · lanes]</param>
    /// <param name="yStride">Likewise.</param>
    /// <param name="vectors">Of tokens, 1 to 4.</param>
    /// <param name="relu">Whether what is negative becomes 0.</param>
    /// <param name="from">The first row, a multiple of <see cref="Alike"/>.</param>
    /// <param name="to">Behind the last; a multiple too, or all.</param>
    public void Run<S, V>(float* x, long xStride, float* y, long yStride, int vectors, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged
    {
        (from, to) = (from / 2, (to + 1) / 2); // pairs
        for (; from < to; from += Block / 2)
        {
            var behind = Math.Min(from + Block / 2, to);
            switch (vectors)
            {
                case 1: Run<S, V, One>(x, (nuint)xStride, y, yStride, relu, from, behind); break;
                case 2: Run<S, V, Two>(x, (nuint)xStride, y, yStride, relu, from, behind); break;
                case 3: Run<S, V, Three>(x, (nuint)xStride, y, yStride, relu, from, behind); break;
                default: Run<S, V, Four>(x, (nuint)xStride, y, yStride, relu, from, behind); break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    private void Run<S, V, C>(float* x, nuint xStride, float* y, long yStride, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged where C : ICount
    {
        for (var slice = 0; slice < _slices; slice++)
        {
            var starts = _starts.Pointer + (long)slice * _pairs;
            var order = _order.Pointer + 2L * slice * _pairs;
            var step = _steps.Pointer + starts[from];
            var lines = (byte*)(x + (nuint)_first[slice] * xStride);
            var stride = xStride * sizeof(float);
            for (var pair = from; pair < to; pair++)
            {
                var end = _steps.Pointer + starts[pair + 1];
                for (var soon = (byte*)step + Ahead; soon < (byte*)end + Ahead; soon += 64) S.Prefetch(soon);
                var (row, other) = (order[2 * pair], order[2 * pair + 1]);
                var sums = y + row * yStride;
                var others = y + other * yStride;
                V a0, a1 = default, a2 = default, a3 = default, b0, b1 = default, b2 = default, b3 = default;
                if (slice == 0)
                {
                    a0 = a1 = a2 = a3 = S.All(_bias.Pointer[row]);
                    b0 = b1 = b2 = b3 = S.All(_bias.Pointer[other]);
                }
                else
                {
                    (a0, b0) = (S.Load(sums), S.Load(others));
                    if (C.Value > 1) (a1, b1) = (S.Load(sums + S.Lanes), S.Load(others + S.Lanes));
                    if (C.Value > 2) (a2, b2) = (S.Load(sums + 2 * S.Lanes), S.Load(others + 2 * S.Lanes));
                    if (C.Value > 3) (a3, b3) = (S.Load(sums + 3 * S.Lanes), S.Load(others + 3 * S.Lanes));
                }
                for (; step < end; step++)
                {
                    var column = (float*)(lines + step->Line * stride);
                    var weight = S.All(step->Value);
                    a0 = S.MultiplyAdd(weight, S.Load(column), a0);
                    if (C.Value > 1) a1 = S.MultiplyAdd(weight, S.Load(column + S.Lanes), a1);
                    if (C.Value > 2) a2 = S.MultiplyAdd(weight, S.Load(column + 2 * S.Lanes), a2);
                    if (C.Value > 3) a3 = S.MultiplyAdd(weight, S.Load(column + 3 * S.Lanes), a3);
                    column = (float*)(lines + step->OtherLine * stride);
                    weight = S.All(step->Other);
                    b0 = S.MultiplyAdd(weight, S.Load(column), b0);
                    if (C.Value > 1) b1 = S.MultiplyAdd(weight, S.Load(column + S.Lanes), b1);
                    if (C.Value > 2) b2 = S.MultiplyAdd(weight, S.Load(column + 2 * S.Lanes), b2);
                    if (C.Value > 3) b3 = S.MultiplyAdd(weight, S.Load(column + 3 * S.Lanes), b3);
                }
                if (relu && slice == _slices - 1)
                {
                    var zero = S.All(0);
                    (a0, a1, a2, a3) = (S.Max(zero, a0), S.Max(zero, a1), S.Max(zero, a2), S.Max(zero, a3));
                    (b0, b1, b2, b3) = (S.Max(zero, b0), S.Max(zero, b1), S.Max(zero, b2), S.Max(zero, b3));
                }
                S.Store(a0, sums);
                S.Store(b0, others);
                if (C.Value > 1) S.Store(a1, sums + S.Lanes);
                if (C.Value > 1) S.Store(b1, others + S.Lanes);
                if (C.Value > 2) S.Store(a2, sums + 2 * S.Lanes);
                if (C.Value > 2) S.Store(b2, others + 2 * S.Lanes);
                if (C.Value > 3) S.Store(a3, sums + 3 * S.Lanes);
                if (C.Value > 3) S.Store(b3, others + 3 * S.Lanes);
            }
        }
    }

    public void Dispose()
    {
        _steps.Dispose();
        _starts.Dispose();
        _order.Dispose();
        _bias.Dispose();
    }
}
