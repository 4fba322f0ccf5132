namespace Secateur.Structure;

/// <summary>
/// Solves equations between extents: dimensions are cut and factored until both sides are made of the same ones. What divides in no way is held, so an
/// equation that cannot be solved costs freedom and never truth.
/// </summary>
internal sealed class Unification
{
    private int count;

    /// <summary>Who states the equations, for the reasons of what is held.</summary>
    public string Speaker { get; set; } = "";

    /// <summary>A dimension that nothing is known of yet.</summary>
    public Dimension New(long size, Pin? pin = null) => new(size, count++, pin);

    /// <summary>Both are the same: from now on they are made of the same dimensions. What cannot be is held.</summary>
    public void Unify(Extent one, Extent other)
    {
        (one, other) = (one.Resolved, other.Resolved);
        if (ReferenceEquals(one, other)) return;
        if (one.Size != other.Size) Conflict(one, other);
        else if (one is Dimension first) first.Bind(other);
        else if (other is Dimension second) second.Bind(one);
        else if (one is Joined or Product && other is Joined) UnifyParts((Joined)other, one);
        else if (one is Joined joined) UnifyParts(joined, other);
        else UnifyFactors((Product)one, (Product)other);
    }

    private void UnifyParts(Joined joined, Extent other)
    {
        var rest = other;
        List<(Extent, Extent)> pairs = [];
        foreach (var part in joined.Parts)
        {
            // a part may be cut in two by the other's boundaries only if the other is cut by this one's: both must agree
            if (part.Size == rest.Size)
            {
                pairs.Add((part, rest));
                break;
            }
            if (Cut(rest, part.Size) is not var (first, after))
            {
                Conflict(joined, other);
                return;
            }
            pairs.Add((part, first));
            rest = after;
        }
        foreach (var (part, piece) in pairs) Unify(part, piece);
    }

    /// <summary>From the inner end as far as sizes divide each other, then from the outer end; what is left in between fits in no way and is held.</summary>
    private void UnifyFactors(Product one, Product other)
    {
        LinkedList<Extent> ones = new(one.Factors), others = new(other.Factors);
        while (ones.Count > 0 && others.Count > 0 && Match(ones, others, inner: true)) { }
        while (ones.Count > 0 && others.Count > 0 && Match(ones, others, inner: false)) { }
        if (ones.Count > 0 || others.Count > 0) Conflict([.. ones, .. others]);
    }

    private bool Match(LinkedList<Extent> ones, LinkedList<Extent> others, bool inner)
    {
        var (a, b) = ((inner ? ones.Last : ones.First)!.Value.Resolved, (inner ? others.Last : others.First)!.Value.Resolved);
        if (a is Product || b is Product) // bound since
        {
            Spread(ones, a, inner);
            Spread(others, b, inner);
            return true;
        }
        if (a.Size == b.Size)
        {
            Drop(ones, inner);
            Drop(others, inner);
            Unify(a, b);
            return true;
        }
        if (a.Size < b.Size) return Match(others, ones, inner);
        var parts = a.Size % b.Size != 0 ? null : Factorize(a, inner ? b.Size : a.Size / b.Size);
        if (parts is not var (outer, within)) return false;
        Drop(ones, inner);
        Drop(others, inner);
        if (inner) ones.AddLast(outer);
        else ones.AddFirst(within);
        Unify(inner ? within : outer, b);
        return true;

        static void Drop(LinkedList<Extent> list, bool inner)
        {
            if (inner) list.RemoveLast();
            else list.RemoveFirst();
        }

        static void Spread(LinkedList<Extent> list, Extent end, bool inner)
        {
            if (end is not Product product) return;
            Drop(list, inner);
            foreach (var factor in inner ? product.Factors : product.Factors.Reverse())
            {
                if (inner) list.AddLast(factor);
                else list.AddFirst(factor);
            }
        }
    }

    /// <summary>In two, one after the other, the first of this size; null where that would cut through combinations.</summary>
    public (Extent First, Extent After)? Cut(Extent extent, long size)
    {
        switch (extent.Resolved)
        {
            case var whole when size <= 0 || size >= whole.Size: return null;
            case Dimension dimension:
                var (first, rest) = (New(size), New(dimension.Size - size));
                dimension.Bind(Extent.Of([first, rest]));
                return (first, rest);
            case Joined joined:
                var before = 0L;
                for (var i = 0; i < joined.Parts.Length; i++)
                {
                    var part = joined.Parts[i];
                    if (before == size) return (Extent.Of(joined.Parts[..i]), Extent.Of(joined.Parts[i..]));
                    if (before + part.Size > size)
                        return Cut(part, size - before) is var (left, right) ? (Extent.Of([.. joined.Parts[..i], left]), Extent.Of([right, .. joined.Parts[(i + 1)..]])) : null;
                    before += part.Size;
                }
                return null;
            case Product product:
                var inner = product.Size / product.Factors[0].Size;
                return size % inner == 0 && Cut(product.Factors[0], size / inner) is var (low, high)
                    ? (Extent.Times([low, .. product.Factors[1..]]), Extent.Times([high, .. product.Factors[1..]])) : null;
            default: return null;
        }
    }

    /// <summary>Into an outer and an inner factor, the inner of this size; null where it is not made so.</summary>
    private (Extent Outer, Extent Inner)? Factorize(Extent extent, long size)
    {
        switch (extent.Resolved)
        {
            case var whole when whole.Size == size: return (New(1), whole);
            case Dimension dimension:
                var (outer, inner) = (New(dimension.Size / size), New(size));
                dimension.Bind(Extent.Times([outer, inner]));
                return (outer, inner);
            case Joined joined when joined.Parts.All(part => part.Size % size == 0):
                List<Extent> outers = [];
                Extent? shared = null;
                foreach (var part in joined.Parts)
                {
                    if (Factorize(part, size) is not var (times, within)) return null;
                    outers.Add(times);
                    if (shared is null) shared = within;
                    else Unify(shared, within);
                }
                return (Extent.Of(outers), shared!);
            case Product product:
                var last = product.Factors[^1];
                if (last.Size == size) return (Extent.Times(product.Factors[..^1]), last);
                if (last.Size > size) return last.Size % size == 0 && Factorize(last, size) is var (left, right) ? (Extent.Times([.. product.Factors[..^1], left]), right) : null;
                return size % last.Size == 0 && Factorize(Extent.Times(product.Factors[..^1]), size / last.Size) is var (high, low) ? (high, Extent.Times([low, last])) : null;
            default: return null;
        }
    }

    private void Conflict(params ReadOnlySpan<Extent> extents)
    {
        foreach (var extent in extents) extent.Hold(new(Speaker, "joins axes that divide each other in no way"));
    }
}
