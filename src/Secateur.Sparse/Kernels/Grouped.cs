using System.Runtime.CompilerServices;

namespace Secateur.Sparse.Kernels;

/// <summary>Y = W·X + b where four (or two) rows have their nonzeros in the same columns: each vector of a column of tokens is loaded once for all of them.</summary>
/// <remarks>Tokens lie side by side, as for <see cref="Unstructured"/>. A group's columns are those where any of its rows is not zero; what is missing is filled with zeros.</remarks>
internal sealed unsafe class Grouped : IDisposable
{
    private readonly int _groups;
    private readonly Native<uint> _columns;   // line · 4, of each group's columns
    private readonly Native<float> _weights; // [group's columns, rows of a group]
    private readonly Native<int> _starts;    // [groups + 1]
    private readonly Native<int> _rows;      // [groups, rows of a group]: where in Y each belongs
    private readonly Native<float> _bias;    // alike
    private readonly Lines? _lines;

    /// <param name="csr">W.</param>
    /// <param name="groups">Of two or four rows.</param>
    /// <param name="bias">[rows]; none where empty.</param>
    /// <param name="lines">Where the columns are in X; at lines of their own numbers where null.</param>
    public Grouped(Csr csr, RowGroups groups, ReadOnlySpan<float> bias, Lines? lines = null)
    {
        (Rows, Columns, Height, _lines, _groups, AreNeighbours) = (csr.Rows, csr.Columns, groups.Height, lines, groups.Count, groups.AreNeighbours);
        _columns = new(groups.Joined);
        _weights = new(groups.Joined * Height);
        _starts = new(_groups + 1);
        _rows = groups.Places();
        _bias = groups.Arranged(bias);
        var at = 0;
        for (var group = 0; group < _groups; group++)
        {
            _starts[group] = at;
            groups.Walk(csr, group, (column, member, value) =>
            {
                if (member < 0) _columns[at++] = checked((uint)(_lines?[column] ?? column) * sizeof(float));
                else _weights[(at - 1L) * groups.Height + member] = value;
            });
        }
        _starts[_groups] = at;
    }

    public int Rows { get; }
    public int Columns { get; }
    public int Height { get; }

    /// <summary>Whether places are rows.</summary>
    public bool AreNeighbours { get; }

    /// <summary>The row at a place; behind the last row where a group is filled up.</summary>
    public int Row(int place) => _rows.Pointer[place];

    /// <summary>Columns of all groups together.</summary>
    public long Joint => _columns.Length;

    public long Bytes => _columns.Bytes + _weights.Bytes + _starts.Bytes + _rows.Bytes + _bias.Bytes;

    /// <summary>W again, without what was filled in.</summary>
    public Csr ToCsr() => Csr.Of(Rows, Columns, Each);

    private void Each(Action<int, int, float> visit)
    {
        for (var group = 0; group < _groups; group++)
            for (var at = _starts[group]; at < _starts[group + 1]; at++)
                for (var row = 0; row < Height; row++)
                    if (_weights[(long)at * Height + row] is not 0 and var value) visit(_rows[group * Height + row], Column(_columns[at]), value);
    }

    private int Column(uint place) => (int)(place / sizeof(float)) is var line && _lines is not null ? _lines.Column(line) : line;

    /// <param name="x">[lines, vectors · lanes]</param>
    /// <param name="xStride">Floats from one line to the next.</param>
    /// <param name="y">[rows up to a whole group, vectors · lanes]</param>
    /// <param name="yStride">Likewise.</param>
    /// <param name="vectors">Of tokens, from 1 to <see cref="Level.MostVectors"/>.</param>
    /// <param name="relu">Whether what is negative becomes 0.</param>
    /// <param name="from">The first place, of a group.</param>
    /// <param name="to">Behind the last.</param>
    public void Run<S, V>(float* x, long xStride, float* y, long yStride, int vectors, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged
    {
        var (first, behind) = (from / Height, (to + Height - 1) / Height);
        if (Height == 2) Pick2<S, V>(x, (nuint)xStride, y, yStride, vectors, relu, first, behind);
        else Pick4<S, V>(x, (nuint)xStride, y, yStride, vectors, relu, first, behind);
    }

    private void Pick4<S, V>(float* x, nuint xStride, float* y, long yStride, int width, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged
    {
        switch (width)
        {
            case 1: Run4<S, V, One>(x, xStride, y, yStride, relu, from, to); break;
            case 2: Run4<S, V, Two>(x, xStride, y, yStride, relu, from, to); break;
            case 3: Run4<S, V, Three>(x, xStride, y, yStride, relu, from, to); break;
            default: Run4<S, V, Four>(x, xStride, y, yStride, relu, from, to); break;
        }
    }

    private void Pick2<S, V>(float* x, nuint xStride, float* y, long yStride, int width, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged
    {
        switch (width)
        {
            case 1: Run2<S, V, One>(x, xStride, y, yStride, relu, from, to); break;
            case 2: Run2<S, V, Two>(x, xStride, y, yStride, relu, from, to); break;
            case 3: Run2<S, V, Three>(x, xStride, y, yStride, relu, from, to); break;
            default: Run2<S, V, Four>(x, xStride, y, yStride, relu, from, to); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    private void Run4<S, V, C>(float* x, nuint xStride, float* y, long yStride, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged where C : ICount
    {
        for (var group = from; group < to; group++)
        {
            var bias = _bias.Pointer + group * 4L;
            V a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3;
            a0 = a1 = a2 = a3 = S.All(bias[0]);
            b0 = b1 = b2 = b3 = S.All(bias[1]);
            c0 = c1 = c2 = c3 = S.All(bias[2]);
            d0 = d1 = d2 = d3 = S.All(bias[3]);
            var weight = _weights.Pointer + _starts.Pointer[group] * 4L;
            var end = _columns.Pointer + _starts.Pointer[group + 1];
            for (var place = _columns.Pointer + _starts.Pointer[group]; place < end; place++, weight += 4)
            {
                var column = (float*)((byte*)x + *place * xStride);
                var x0 = S.Load(column);
                var x1 = C.Value > 1 ? S.Load(column + S.Lanes) : default;
                var x2 = C.Value > 2 ? S.Load(column + 2 * S.Lanes) : default;
                var x3 = C.Value > 3 ? S.Load(column + 3 * S.Lanes) : default;
                var w = S.All(weight[0]);
                a0 = S.MultiplyAdd(x0, w, a0);
                if (C.Value > 1) a1 = S.MultiplyAdd(x1, w, a1);
                if (C.Value > 2) a2 = S.MultiplyAdd(x2, w, a2);
                if (C.Value > 3) a3 = S.MultiplyAdd(x3, w, a3);
                w = S.All(weight[1]);
                b0 = S.MultiplyAdd(x0, w, b0);
                if (C.Value > 1) b1 = S.MultiplyAdd(x1, w, b1);
                if (C.Value > 2) b2 = S.MultiplyAdd(x2, w, b2);
                if (C.Value > 3) b3 = S.MultiplyAdd(x3, w, b3);
                w = S.All(weight[2]);
                c0 = S.MultiplyAdd(x0, w, c0);
                if (C.Value > 1) c1 = S.MultiplyAdd(x1, w, c1);
                if (C.Value > 2) c2 = S.MultiplyAdd(x2, w, c2);
                if (C.Value > 3) c3 = S.MultiplyAdd(x3, w, c3);
                w = S.All(weight[3]);
                d0 = S.MultiplyAdd(x0, w, d0);
                if (C.Value > 1) d1 = S.MultiplyAdd(x1, w, d1);
                if (C.Value > 2) d2 = S.MultiplyAdd(x2, w, d2);
                if (C.Value > 3) d3 = S.MultiplyAdd(x3, w, d3);
            }
            var rows = _rows.Pointer + group * 4L;
            Unstructured.Put<S, V, C>(y + rows[0] * yStride, a0, a1, a2, a3, relu);
            Unstructured.Put<S, V, C>(y + rows[1] * yStride, b0, b1, b2, b3, relu);
            Unstructured.Put<S, V, C>(y + rows[2] * yStride, c0, c1, c2, c3, relu);
            Unstructured.Put<S, V, C>(y + rows[3] * yStride, d0, d1, d2, d3, relu);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    private void Run2<S, V, C>(float* x, nuint xStride, float* y, long yStride, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged where C : ICount
    {
        for (var group = from; group < to; group++)
        {
            var bias = _bias.Pointer + group * 2L;
            V a0, a1, a2, a3, b0, b1, b2, b3;
            a0 = a1 = a2 = a3 = S.All(bias[0]);
            b0 = b1 = b2 = b3 = S.All(bias[1]);
            var weight = _weights.Pointer + _starts.Pointer[group] * 2L;
            var end = _columns.Pointer + _starts.Pointer[group + 1];
            for (var place = _columns.Pointer + _starts.Pointer[group]; place < end; place++, weight += 2)
            {
                var column = (float*)((byte*)x + *place * xStride);
                var x0 = S.Load(column);
                var x1 = C.Value > 1 ? S.Load(column + S.Lanes) : default;
                var x2 = C.Value > 2 ? S.Load(column + 2 * S.Lanes) : default;
                var x3 = C.Value > 3 ? S.Load(column + 3 * S.Lanes) : default;
                var w = S.All(weight[0]);
                a0 = S.MultiplyAdd(x0, w, a0);
                if (C.Value > 1) a1 = S.MultiplyAdd(x1, w, a1);
                if (C.Value > 2) a2 = S.MultiplyAdd(x2, w, a2);
                if (C.Value > 3) a3 = S.MultiplyAdd(x3, w, a3);
                w = S.All(weight[1]);
                b0 = S.MultiplyAdd(x0, w, b0);
                if (C.Value > 1) b1 = S.MultiplyAdd(x1, w, b1);
                if (C.Value > 2) b2 = S.MultiplyAdd(x2, w, b2);
                if (C.Value > 3) b3 = S.MultiplyAdd(x3, w, b3);
            }
            var rows = _rows.Pointer + group * 2L;
            Unstructured.Put<S, V, C>(y + rows[0] * yStride, a0, a1, a2, a3, relu);
            Unstructured.Put<S, V, C>(y + rows[1] * yStride, b0, b1, b2, b3, relu);
        }
    }

    public void Dispose()
    {
        _columns.Dispose();
        _weights.Dispose();
        _starts.Dispose();
        _rows.Dispose();
        _bias.Dispose();
    }
}
