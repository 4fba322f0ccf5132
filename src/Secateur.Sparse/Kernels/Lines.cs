namespace Secateur.Sparse.Kernels;

/// <summary>Where in X, whose lines are tokens side by side, each column of W is.</summary>
internal sealed class Lines
{
    private readonly int[] _ofColumns;
    private readonly Lazy<int[]> _columns;

    /// <param name="ofColumns">[columns], all different.</param>
    public Lines(int[] ofColumns)
    {
        (_ofColumns, Count) = (ofColumns, ofColumns.Max() + 1);
        _columns = new(() =>
        {
            var columns = new int[Count];
            foreach (var (column, line) in ofColumns.Index()) columns[line] = column;
            return columns;
        });
    }

    /// <summary>Behind the last line.</summary>
    public int Count { get; }

    public int this[int column] => _ofColumns[column];

    /// <summary>The column at a line.</summary>
    public int Column(int line) => _columns.Value[line];
}
