using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Secateur.Sparse.Kernels;

/// <summary>y = W·x + b for any pattern of zeros and one to four tokens: what a few tokens have of a strip of columns is held in registers, and each lane looks up its own.</summary>
/// <remarks>
/// A lane is a row. For each strip of columns, two vectors wide, a group of rows, two vectors too, has the same number of steps; in a step every row multiplies one of
/// its nonzeros of the strip: the lookup is one permutation of registers. Rows with fewer are filled up with zeros, and what is beyond the steps is added one by one in the end;
/// of large matrices it is <see cref="Gathered"/>, which takes fewer bytes. The number of steps is chosen for each group so that both together cost least.
/// Rows are sorted by their number of nonzeros, so that a group's rows are alike, where that gains more than it costs to put each sum in its place.
/// </remarks>
internal sealed unsafe class Lookup : IDisposable
{
    private const int Ahead = 6 << 10; // bytes of values that memory is asked for before they come, of a large matrix

    private readonly int _lanes;
    private readonly int _strips;
    private readonly int _groups;
    private readonly bool _natural; // rows are in their own order
    private readonly Native<int> _rows;       // [groups, 2 · lanes]: each lane's row, -1 where there is none
    private readonly Native<Group> _group;    // [groups + 1]
    private readonly PackedValues _values;    // by group, strip and step: [2 · lanes]
    private readonly Native<byte> _indices;   // alike
    private readonly Native<Rest> _rest;      // none where it is gathered
    private readonly Gathered? _gathered;
    private readonly Native<float> _bias;     // [rows]
    private readonly Native<float>? _scales;  // alike

    [StructLayout(LayoutKind.Sequential)]
    private struct Group
    {
        public long Slots; // before this group's, in steps
        public int Rest;   // before this group's
        public int Steps;  // for each strip
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Rest
    {
        public float Value;
        public uint Place; // column · 32 + lane
    }

    /// <param name="csr">W, over the scales where there are some.</param>
    /// <param name="bias">[rows]; none where empty.</param>
    /// <param name="lanes">Floats of a vector.</param>
    /// <param name="scales">[rows], by which sums are multiplied; none where empty.</param>
    /// <param name="kind">How values are kept; the shortest that holds them exactly unless told.</param>
    public Lookup(Csr csr, ReadOnlySpan<float> bias, int lanes, ReadOnlySpan<float> scales = default, ValueKind? kind = null)
    {
        (Rows, Columns, _lanes) = (csr.Rows, csr.Columns, lanes);
        var width = 2 * lanes;
        (_strips, _groups) = ((Columns + width - 1) / width, (Rows + width - 1) / width);
        _bias = new(Rows);
        bias.CopyTo(new Span<float>(_bias.Pointer, Rows));
        if (!scales.IsEmpty) scales.CopyTo(new Span<float>((_scales = new(Rows)).Pointer, Rows));
        var slot = PackedValues.BytesOf(kind ??= PackedValues.KindOf(csr, codes: true)) + 1; // bytes, with the column
        _rows = new((long)_groups * width);
        _group = new(_groups + 1);
        var plan = LookupPlan.Best(csr, width, slot);
        _natural = plan.IsNatural;
        new Span<int>(_rows.Pointer, _groups * width).Fill(-1);
        plan.Rows.CopyTo(new Span<int>(_rows.Pointer, Rows));
        for (var group = 0; group < _groups; group++)
        {
            _group[group].Steps = plan.Steps[group];
            _group[group + 1].Slots = _group[group].Slots + (long)plan.Steps[group] * _strips;
            _group[group + 1].Rest = checked(_group[group].Rest + (plan.IsFar ? 0 : plan.Beyond[group]));
        }
        if (plan.IsFar) _gathered = new(csr, plan, lanes, kind.Value);
        _values = new(kind.Value, _group[_groups].Slots * width, lanes);
        _indices = new(_group[_groups].Slots * width);
        _rest = new(_group[_groups].Rest);
        for (var group = 0; group < _groups; group++) Fill(csr, group);
    }

    public int Rows { get; }
    public int Columns { get; }
    public long Bytes => _rows.Bytes + _group.Bytes + _values.Bytes + _indices.Bytes + _rest.Bytes + (_gathered?.Bytes ?? 0) + _bias.Bytes + (_scales?.Bytes ?? 0);

    /// <summary>How values are kept.</summary>
    public ValueKind Kind => _values.Kind;

    /// <summary>Floats that a token's x is read in: columns up to a whole strip.</summary>
    public int Padded => _strips * 2 * _lanes;

    private void Fill(Csr csr, int group)
    {
        var (width, shift) = (2 * _lanes, BitOperations.Log2((uint)(2 * _lanes)));
        var (steps, rest, packed, gathers) = (_group[group].Steps, _group[group].Rest, _values, _gathered is not null);
        for (var lane = 0; lane < width; lane++)
        {
            var row = _rows[(long)group * width + lane];
            if (row < 0) break; // only behind the last row
            var columns = csr.ColumnsOf(row);
            var values = csr.ValuesOf(row);
            var first = _group[group].Slots * width + lane;
            var behind = _indices.Length - first;
            var indices = _indices.Pointer + first;
            var (strip, step) = (-1, 0);
            for (var i = 0; i < columns.Length; i++)
            {
                var column = columns[i];
                var other = column >> shift != strip ? 1 : 0; // no branch: nobody could guess it
                (strip, step) = (column >> shift, (step & other - 1) + 1);
                var beyond = (long)(steps - step >> 31); // all bits where it is, which then goes behind the last slot
                var at = (long)((strip * steps + step - 1) << shift) & ~beyond | behind & beyond;
                packed.Put(first + at, values[i]);
                indices[at] = (byte)(column & width - 1);
                if (!gathers && beyond != 0) _rest[rest++] = new() { Value = values[i], Place = checked((uint)column * 32 + (uint)lane) };
            }
        }
    }

    /// <summary>W again, times the scales.</summary>
    public Csr ToCsr() => Csr.Of(Rows, Columns, Each);

    /// <summary>Of each strip a row's slots, and then what is beyond them.</summary>
    private void Each(Action<int, int, float> visit)
    {
        var width = 2 * _lanes;
        for (var group = 0; group < _groups; group++)
        {
            var rest = _group[group].Rest; // by lanes, and the columns of each
            for (var lane = 0; lane < width && _rows[(long)group * width + lane] is >= 0 and var row; lane++)
            {
                var scale = _scales is null ? 1 : _scales[row];
                using var gathered = _gathered?.Of(group, lane).GetEnumerator();
                var isMore = gathered?.MoveNext() ?? false;
                for (var strip = 0; strip < _strips; strip++)
                {
                    for (var step = 0; step < _group[group].Steps; step++)
                    {
                        var at = (_group[group].Slots + (long)strip * _group[group].Steps + step) * width + lane;
                        if (_values.Get(at) is not 0 and var value) visit(row, strip * width + _indices[at], value * scale);
                    }
                    for (; rest < _group[group + 1].Rest && (_rest[rest].Place & 31) == lane && _rest[rest].Place / 32 < (strip + 1) * width; rest++)
                        visit(row, (int)(_rest[rest].Place / 32), _rest[rest].Value * scale);
                    for (; isMore && gathered!.Current.Column < (strip + 1) * width; isMore = gathered.MoveNext()) visit(row, gathered.Current.Column, gathered.Current.Value * scale);
                }
            }
        }
    }

    /// <param name="x">[tokens, columns], each token padded with zeros to <see cref="Padded"/> floats, which is its stride where there are several.</param>
    /// <param name="y">[tokens, rows]</param>
    /// <param name="yStride">From one token's y to the next.</param>
    /// <param name="tokens">1 to 4.</param>
    /// <param name="relu">Whether what is negative becomes 0.</param>
    /// <param name="from">The first group of rows.</param>
    /// <param name="to">Behind the last.</param>
    public void Run<S, V>(float* x, float* y, long yStride, int tokens, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged
    {
        switch (tokens)
        {
            case 1: Pick<S, V, One>(x, y, yStride, relu, from, to); break;
            case 2: Pick<S, V, Two>(x, y, yStride, relu, from, to); break;
            case 3: Pick<S, V, Three>(x, y, yStride, relu, from, to); break;
            default: Pick<S, V, Four>(x, y, yStride, relu, from, to); break;
        }
    }

    private void Pick<S, V, C>(float* x, float* y, long yStride, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged where C : ICount
    {
        switch (_values.Kind)
        {
            case ValueKind.Float32: Run<S, V, C, Floats>(x, y, yStride, relu, from, to); break;
            case ValueKind.BFloat16: Run<S, V, C, BrainFloats>(x, y, yStride, relu, from, to); break;
            case ValueKind.Float16: Run<S, V, C, HalfFloats>(x, y, yStride, relu, from, to); break;
            case ValueKind.Int8: Run<S, V, C, WholeNumbers>(x, y, yStride, relu, from, to); break;
            default: Run<S, V, C, TableCodes>(x, y, yStride, relu, from, to); break;
        }
    }

    /// <summary>Groups of rows, by which the work may be divided.</summary>
    public int Groups => _groups;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    private void Run<S, V, C, T>(float* x, float* y, long yStride, bool relu, int from, int to) where S : ISimd<V> where V : unmanaged where C : ICount where T : IValues
    {
        var width = 2 * S.Lanes;
        var stride = Padded;
        var ahead = _gathered is null ? 0 : Ahead * 2 / T.Bytes(2);
        var table = _values.Table;
        var sums = stackalloc float[width * C.Value];
        for (var group = from; group < to; group++)
        {
            var (steps, slot) = (_group.Pointer[group].Steps, _group.Pointer[group].Slots * width);
            var index = _indices.Pointer + slot;
            var value = (byte*)_values.Pointer + T.Bytes(slot);
            V a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
            var columns = x;
            for (var strip = steps > 0 ? _strips : 0; strip > 0; strip--, columns += width)
            {
                var (lowA, highA) = (S.Load(columns), S.Load(columns + S.Lanes));
                V lowB = default, highB = default, lowC = default, highC = default, lowD = default, highD = default;
                if (C.Value > 1) (lowB, highB) = (S.Load(columns + stride), S.Load(columns + stride + S.Lanes));
                if (C.Value > 2) (lowC, highC) = (S.Load(columns + 2L * stride), S.Load(columns + 2L * stride + S.Lanes));
                if (C.Value > 3) (lowD, highD) = (S.Load(columns + 3L * stride), S.Load(columns + 3L * stride + S.Lanes));
                for (var end = index + (long)steps * width; index < end; index += width, value += T.Bytes(width))
                {
                    if (ahead > 0)
                    {
                        T.Prefetch<S, V>(value, ahead);
                        S.Prefetch(index + ahead);
                    }
                    T.Load<S, V>(value, table, 0, out var w0, out var w1);
                    var (i0, i1) = (S.Indices(index), S.Indices(index + S.Lanes));
                    a0 = S.MultiplyAdd(S.Lookup(lowA, highA, i0), w0, a0);
                    a1 = S.MultiplyAdd(S.Lookup(lowA, highA, i1), w1, a1);
                    if (C.Value > 1) b0 = S.MultiplyAdd(S.Lookup(lowB, highB, i0), w0, b0);
                    if (C.Value > 1) b1 = S.MultiplyAdd(S.Lookup(lowB, highB, i1), w1, b1);
                    if (C.Value > 2) c0 = S.MultiplyAdd(S.Lookup(lowC, highC, i0), w0, c0);
                    if (C.Value > 2) c1 = S.MultiplyAdd(S.Lookup(lowC, highC, i1), w1, c1);
                    if (C.Value > 3) d0 = S.MultiplyAdd(S.Lookup(lowD, highD, i0), w0, d0);
                    if (C.Value > 3) d1 = S.MultiplyAdd(S.Lookup(lowD, highD, i1), w1, d1);
                }
            }
            S.Store(a0, sums);
            S.Store(a1, sums + S.Lanes);
            if (C.Value > 1) S.Store(b0, sums + width);
            if (C.Value > 1) S.Store(b1, sums + width + S.Lanes);
            if (C.Value > 2) S.Store(c0, sums + 2 * width);
            if (C.Value > 2) S.Store(c1, sums + 2 * width + S.Lanes);
            if (C.Value > 3) S.Store(d0, sums + 3 * width);
            if (C.Value > 3) S.Store(d1, sums + 3 * width + S.Lanes);
            var behind = _rest.Pointer + _group.Pointer[group + 1].Rest;
            for (var rest = _rest.Pointer + _group.Pointer[group].Rest; rest < behind; rest++)
            {
                var column = x + (rest->Place >> 5);
                var sum = sums + (rest->Place & 31);
                sum[0] += rest->Value * column[0];
                if (C.Value > 1) sum[width] += rest->Value * column[stride];
                if (C.Value > 2) sum[2 * width] += rest->Value * column[2L * stride];
                if (C.Value > 3) sum[3 * width] += rest->Value * column[3L * stride];
            }
            if (_gathered is not null)
            {
                var (next, behindNext) = (_group.Pointer[group + 1].Slots * width, _group.Pointer[Math.Min(group + 2, _groups)].Slots * width);
                _gathered.Run<S, V, C, T>(x, stride, sums, group, (byte*)_values.Pointer + T.Bytes(next), (byte*)_values.Pointer + T.Bytes(behindNext), _indices.Pointer + next);
            }
            Put<S, V, C>(y, yStride, sums, width, relu, _rows.Pointer + (long)group * width);
        }
    }

    private void Put<S, V, C>(float* y, long yStride, float* sums, int width, bool relu, int* rows) where S : ISimd<V> where V : unmanaged where C : ICount
    {
        if (_natural && rows[width - 1] >= 0)
        {
            var zero = S.All(0);
            for (var half = 0; half < width; half += S.Lanes)
            {
                var bias = S.Load(_bias.Pointer + rows[half]);
                var scale = _scales is null ? S.All(1) : S.Load(_scales.Pointer + rows[half]);
                for (var token = 0; token < C.Value; token++)
                {
                    var sum = S.MultiplyAdd(S.Load(sums + token * width + half), scale, bias);
                    S.Store(relu ? S.Max(zero, sum) : sum, y + token * yStride + rows[half]);
                }
            }
            return;
        }
        for (var lane = 0; lane < width && rows[lane] >= 0; lane++)
            for (var token = 0; token < C.Value; token++)
            {
                var sum = sums[token * width + lane] * (_scales is null ? 1 : _scales.Pointer[rows[lane]]) + _bias.Pointer[rows[lane]];
                y[token * yStride + rows[lane]] = relu && sum < 0 ? 0 : sum;
            }
    }

    public void Dispose()
    {
        _rows.Dispose();
        _group.Dispose();
        _values.Dispose();
        _indices.Dispose();
        _rest.Dispose();
        _gathered?.Dispose();
        _bias.Dispose();
        _scales?.Dispose();
    }
}
