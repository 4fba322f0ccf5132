namespace Secateur.Sparse.Kernels;

/// <summary>Where in X, whose lines are tokens side by side, each column of W is.</summary>
internal sealed class Lines
{
    private readonly int[] _ofColumns;
    private readonly Lazy<int[]> _columns;

    /// <param name="ofColumns">[columns], all different.</param>
    public Lines(int[] ofColumns)
    {
        _ofColumns = ofColumns;
        _columns = new(() =>
        {
            var columns = new int[ofColumns.Max() + 1];
            foreach (var (column, line) in ofColumns.Index()) columns[line] = column;
            return columns;
        });
    }

    public int this[int column] => _ofColumns[column];

    /// <summary>The column at a line.</summary>
    public int Column(int line) => _columns.Value[line];
}
