namespace Secateur.Sparse.Kernels;

/// <summary>Where in X, whose lines are tokens side by side, each column of W is.</summary>
internal sealed class Lines
{
    private readonly int[] _ofColumns;
    private readonly Lazy<int[]> _columns;

    /// <param name="ofColumns">[columns], all different.</param>
    /// <param name="areShared">Whether vectors that are read from one line on are mostly those that others read.</param>
    public Lines(int[] ofColumns, bool areShared = false)
    {
        AreShared = areShared;
        (_ofColumns, Count) = (ofColumns, ofColumns.Max() + 1);
        _columns = new(() =>
        {
            var columns = new int[Count];
            foreach (var (column, line) in ofColumns.Index()) columns[line] = column;
            return columns;
        });
    }

    /// <summary>Whether a tile takes less of the first cache than its vectors of all columns do.</summary>
    public bool AreShared { get; }

    /// <summary>Behind the last line.</summary>
    public int Count { get; }

    public int this[int column] => _ofColumns[column];

    /// <summary>The column at a line.</summary>
    public int Column(int line) => _columns.Value[line];
}
