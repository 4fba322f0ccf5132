using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>Compressed sparse rows: what every packed form is made from, and can be made into again. Whoever made it disposes it: it is as large as what is packed.</summary>
internal sealed class Csr : IDisposable
{
    private readonly Native<int> _columns;
    private readonly Native<float> _values;

    /// <param name="counts">Nonzeros of each row.</param>
    /// <param name="columns">Of the matrix.</param>
    /// <exception cref="OverflowException">More than 2³¹ nonzeros.</exception>
    public Csr(ReadOnlySpan<int> counts, int columns)
    {
        Columns = columns;
        Starts = new int[counts.Length + 1];
        for (var row = 0; row < counts.Length; row++) Starts[row + 1] = checked(Starts[row] + counts[row]);
        (_columns, _values) = (new(Starts[^1]), new(Starts[^1]));
    }

    /// <param name="rows">Of the matrix.</param>
    /// <param name="columns">Likewise.</param>
    /// <param name="each">Calls for every nonzero with its row, column and value, those of a row in the order of their columns; it is asked twice.</param>
    public static Csr Of(int rows, int columns, Action<Action<int, int, float>> each)
    {
        var counts = new int[rows];
        each((row, _, _) => counts[row]++);
        var csr = new Csr(counts, columns);
        var next = csr.Starts.AsSpan(0, rows).ToArray();
        each((row, column, value) => csr.Put(next[row]++, column, value));
        return csr;
    }

    public int Rows => Starts.Length - 1;
    public int Columns { get; }
    public int Nonzero => Starts[^1];

    /// <summary>Nonzeros for each element; 0 where there is none.</summary>
    public double Density => Rows == 0 || Columns == 0 ? 0 : (double)Nonzero / Rows / Columns;

    /// <summary>[rows + 1]</summary>
    public int[] Starts { get; }

    /// <summary>Columns of a row's nonzeros, ascending.</summary>
    public unsafe ReadOnlySpan<int> ColumnsOf(int row) => new(_columns.Pointer + Starts[row], Starts[row + 1] - Starts[row]);

    public unsafe ReadOnlySpan<float> ValuesOf(int row) => new(_values.Pointer + Starts[row], Starts[row + 1] - Starts[row]);

    /// <summary>All values, row by row.</summary>
    public unsafe Span<float> Values => new(_values.Pointer, Nonzero);

    /// <summary>The first column, from which on <see cref="Columns"/> of all nonzeros lie; one more may be written behind the last.</summary>
    public unsafe int* FirstColumn => _columns.Pointer;

    /// <summary>The first value, likewise.</summary>
    public unsafe float* FirstValue => _values.Pointer;

    public void Put(int at, int column, float value) => (_columns[at], _values[at]) = (column, value);

    /// <summary>Makes of each value the nearest of a kind; leaves all as they are where one is beyond its range.</summary>
    /// <param name="kind">Of floats.</param>
    public void Round(ValueKind kind)
    {
        for (var i = 0; i < Nonzero; i++)
            if (!float.IsFinite(_values[i]) || Math.Abs(_values[i]) > PackedValues.Most(kind)) return;
        for (var i = 0; i < Nonzero; i++) _values[i] = PackedValues.Rounded(_values[i], kind);
    }

    /// <summary>Makes of each value that over the number of its row, to the nearest whole one.</summary>
    public void Divide(ReadOnlySpan<float> divisors)
    {
        for (var row = 0; row < Rows; row++)
        {
            var values = Values[Starts[row]..Starts[row + 1]];
            var (divisor, i) = (Vector512.Create(divisors[row]), 0);
            for (; i + Vector512<float>.Count <= values.Length; i += Vector512<float>.Count) Vector512.Round(Vector512.LoadUnsafe(ref values[i]) / divisor).StoreUnsafe(ref values[i]);
            for (; i < values.Length; i++) values[i] = MathF.Round(values[i] / divisors[row]);
        }
    }

    public void Dispose()
    {
        _columns.Dispose();
        _values.Dispose();
    }
}
