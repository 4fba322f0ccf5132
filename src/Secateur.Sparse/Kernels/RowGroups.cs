namespace Secateur.Sparse.Kernels;

/// <summary>Which rows of a matrix are packed together: neighbours where they share their columns, else those that do, wherever they lie.</summary>
/// <param name="Order">[rows]: the row at each place; a group is as many places as it is high.</param>
/// <param name="Height">Rows of a group; the last one may be short of some.</param>
/// <param name="Joined">Columns of all groups together: those where any of a group's rows is not zero.</param>
internal sealed record RowGroups(int[] Order, int Height, long Joined)
{
    private const double Enough = 1.02; // elements for each nonzero, of neighbours, with which nothing better is looked for
    private const double Gain = 0.97;   // of the neighbours' columns, under which another order is taken: theirs is written in one piece

    /// <summary>Neighbours.</summary>
    public static RowGroups Neighbours(Csr csr, int height) => Of(csr, [.. Enumerable.Range(0, csr.Rows)], height);

    /// <summary>Those with the fewest columns.</summary>
    public static RowGroups Best(Csr csr, int height) => Best(csr, height, () => Sketches.Of(csr));

    /// <inheritdoc cref="Best(Csr, int)"/>
    public static RowGroups Best(Csr csr, int height, Func<Sketches> sketches)
    {
        var neighbours = Neighbours(csr, height);
        if (height == 1 || neighbours.Joined * height <= Enough * csr.Nonzero) return neighbours;
        var sketch = sketches();
        if (sketch.Group(height) is not { } found || found.Joined * csr.Nonzero >= Gain * neighbours.Joined * sketch.Nonzero) return neighbours;
        var others = Of(csr, found.Order, height);
        return others.Joined < Gain * neighbours.Joined ? others : neighbours;
    }

    /// <summary>The same groups, sorted by their number of columns among so many rows at a time, so that the processor guesses where each ends.</summary>
    /// <param name="csr">Whose groups they are.</param>
    /// <param name="alike">Rows that are sorted among themselves; a multiple of the height.</param>
    public RowGroups Sorted(Csr csr, int alike)
    {
        var columns = ColumnsOf(csr, Order, Height);
        var whole = Order.Length / Height; // a group that is short of rows stays the last
        var sorted = Enumerable.Range(0, whole).OrderBy(group => group * Height / alike).ThenBy(group => columns[group]).SelectMany(group => Order[(group * Height)..((group + 1) * Height)]);
        return this with { Order = [.. sorted, .. Order[(whole * Height)..]] };
    }

    public int Count => (Order.Length + Height - 1) / Height;

    /// <summary>Whether rows are in their own order.</summary>
    public bool AreNeighbours => Order.Index().All(place => place.Index == place.Item);

    /// <summary>The row at each place, where groups are filled up with rows that are not there: those behind the last.</summary>
    public Native<int> Places()
    {
        var places = new Native<int>((long)Count * Height);
        for (var place = 0; place < places.Length; place++) places[place] = place < Order.Length ? Order[place] : place;
        return places;
    }

    /// <summary>Numbers of rows at their places, zero where there is no row.</summary>
    /// <param name="values">[rows]; none where empty.</param>
    public Native<float> Arranged(ReadOnlySpan<float> values)
    {
        var arranged = new Native<float>((long)Count * Height);
        for (var place = 0; place < Order.Length && !values.IsEmpty; place++) arranged[place] = values[Order[place]];
        return arranged;
    }

    /// <summary>Calls for each column of a group once with member −1, and then for each nonzero of the column with its member of the group.</summary>
    public void Walk(Csr csr, int group, Action<int, int, float> visit)
    {
        var rows = Order.AsSpan(group * Height, Math.Min(Height, Order.Length - group * Height));
        Span<int> next = stackalloc int[rows.Length];
        next.Clear();
        while (true)
        {
            var column = int.MaxValue;
            for (var member = 0; member < rows.Length; member++)
                if (next[member] < csr.ColumnsOf(rows[member]).Length) column = Math.Min(column, csr.ColumnsOf(rows[member])[next[member]]);
            if (column == int.MaxValue) return;
            visit(column, -1, 0);
            for (var member = 0; member < rows.Length; member++)
                if (next[member] < csr.ColumnsOf(rows[member]).Length && csr.ColumnsOf(rows[member])[next[member]] == column) visit(column, member, csr.ValuesOf(rows[member])[next[member]++]);
        }
    }

    private static RowGroups Of(Csr csr, int[] order, int height) => new(order, height, ColumnsOf(csr, order, height).Sum(count => (long)count));

    /// <summary>Of each group, how many columns it has.</summary>
    private static int[] ColumnsOf(Csr csr, int[] order, int height)
    {
        var (counts, seen) = (new int[(order.Length + height - 1) / height], new int[csr.Columns]); // the last group, from 1, that had a nonzero in each column
        for (var place = 0; place < order.Length; place++)
        {
            var (group, count) = (place / height + 1, 0);
            foreach (var column in csr.ColumnsOf(order[place]))
            {
                ref var last = ref seen[column];
                count += last != group ? 1 : 0; // no branch: nobody could guess it
                last = group;
            }
            counts[group - 1] += count;
        }
        return counts;
    }
}
