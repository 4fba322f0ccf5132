using System.Collections.Immutable;
using Secateur.Onnx;

namespace Secateur.Execution;

/// <summary>The shape of every value in terms of the sizes that the file leaves open, such as <c>[batch, 64, ceil(height/2), 4*seq]</c>.</summary>
/// <remarks>
/// Found from runs on zeros: each open size is varied alone, a term (a multiple, a sum, a quotient rounded up or down, a square) is fitted to what follows, terms
/// are multiplied or added, and what comes out must foretell further runs in which all sizes vary at once. Nothing is asked of an operator but to run.
/// A size that no such expression foretells, or that depends on the data, is told as <c>~12</c>: what it was in one run. An open size for which the model runs
/// on one number alone is that number; a quotient without rounding (<c>height/32</c>) is of a size for which it runs on multiples alone.
/// </remarks>
public sealed class SymbolicShapes
{
    private static readonly long[] Quotients = [2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64];

    private const double Most = 1 << 27; // elements of a value
    private static readonly long[] Sides = [32, 64, 128]; // small, so that many runs take no time

    private readonly Dictionary<string, ImmutableArray<string>> shapes = [];

    private SymbolicShapes() { }

    /// <summary>The open sizes in the order of the inputs: the file's own names, or <c>input.axis</c> where it gives none.</summary>
    public ImmutableArray<string> Symbols { get; private init; }

    /// <summary>By the value's name, a text for each axis; values that are no tensors, or in a branch that was not taken, are not there.</summary>
    public IReadOnlyDictionary<string, ImmutableArray<string>> All => shapes;

    /// <param name="network">The network to look at; it is run some ten times for each open size.</param>
    /// <param name="inputs">Shapes of inputs by name to begin with, where the usual sizes do not run.</param>
    /// <exception cref="SecateurException">It runs on no usual sizes.</exception>
    public static SymbolicShapes Of(Network network, IReadOnlyDictionary<string, long[]>? inputs = null)
    {
        var graph = network.Graph;
        var first = First(network, inputs);
        ImmutableArray<(string Symbol, string Input, int Axis)> places =
        [
            .. graph.Inputs.Where(input => first.Has(input.Name)).SelectMany(input => input.Shape.Select((size, axis) => (size, axis)).Where(own => own.size is null)
                .Select(own => (input.Symbols[own.axis] is { Length: > 0 } name ? name : $"{input.Name}.{own.axis}", input.Name, own.axis))),
        ];
        ImmutableArray<string> symbols = [.. places.Select(place => place.Symbol).Distinct()];
        var usual = symbols.ToDictionary(symbol => symbol, symbol => places.First(place => place.Symbol == symbol) is var place ? first[place.Input][place.Axis] : 1);
        Shapes? Run(IReadOnlyDictionary<string, long> sizes, float fill = 0) => Tried(() => Shapes.At(network, input =>
        {
            long[] shape = [.. first[input.Name]];
            foreach (var place in places.Where(place => place.Input == input.Name)) shape[place.Axis] = sizes[place.Symbol];
            return shape;
        }, fill));
        // sizes of 1 hide what is broadcast
        var apart = symbols.Zip((IEnumerable<long>)[2, 3, 5, 7, 11, 13, 17, 19]).ToDictionary(pair => pair.First, pair => Math.Max(usual[pair.First], pair.Second));
        var tried = apart.Count < symbols.Length ? [] : ((Sum?[])[null, .. Sum.Among(symbols)]).Select(one => (Sum: one, Sizes: one?.Held(apart) ?? apart)).Select(one => (one.Sum, one.Sizes, Run: Run(one.Sizes)));
        var (sum, sizes, at) = tried.FirstOrDefault(one => one.Run is not null) is { Run: { } run } ran ? (ran.Sum, ran.Sizes, run) : (null, usual, Run(usual) ?? first);
        var largest = graph.AllNodes.SelectMany(node => node.Outputs).Where(at.Has).Select(at.Elements).DefaultIfEmpty(1).Max();
        ImmutableArray<string> free = [.. symbols.Where(symbol => symbol != sum?.Whole)];
        var alone = free.ToDictionary(symbol => symbol, symbol => Others(sizes[symbol]).Select(size => (Size: size, Shapes: Larger(With(symbol, size)))).Where(tried => tried.Shapes is not null).Take(3).ToArray());
        var together = Together().Append(All(2)).Where(tried => tried.Shapes is not null).ToArray();
        var filled = Run(sizes, 1);
        var found = new SymbolicShapes { Symbols = symbols };
        foreach (var name in graph.Inputs.Select(input => input.Name).Concat(graph.AllNodes.SelectMany(node => node.Outputs)).Where(name => name.Length > 0 && at.Has(name)))
            found.shapes[name] = [.. at[name].Select((size, axis) => Size(name, axis) ?? $"~{size}")];
        return found;

        Dictionary<string, long> With(string symbol, long size) => Held(new(sizes) { [symbol] = size });

        Dictionary<string, long> Held(Dictionary<string, long> own) => sum?.Held(own) ?? own;

        (Dictionary<string, long> Sizes, Shapes? Shapes) All(int which, string? but = null)
        {
            var own = Held(new(sizes.Select(pair => KeyValuePair.Create(pair.Key, pair.Key != but && alone.GetValueOrDefault(pair.Key) is { Length: > 0 } tried ? tried[Math.Min(which, tried.Length - 1)].Size : pair.Value))));
            return (own, Larger(own));
        }

        // what grows with the square of a size may not grow out of memory
        Shapes? Larger(Dictionary<string, long> own) =>
            symbols.Aggregate(1.0, (so, symbol) => so * Math.Max(1, (double)own[symbol] / sizes[symbol])) is var growth && largest * growth * growth > Most ? null : Run(own);

        // where not all may vary at once, all but one
        IEnumerable<(Dictionary<string, long> Sizes, Shapes? Shapes)> Together() =>
            All(0) is { Shapes: not null } all ? [all] : free.Select(symbol => All(0, symbol));

        string? Size(string name, int axis)
        {
            var (size, rank) = (at[name][axis], at[name].Length);
            bool Known(Shapes? shapes) => shapes!.Has(name) && shapes[name].Length == rank;
            if (alone.Values.SelectMany(tried => tried).Any(tried => !Known(tried.Shapes)) || together.Any(tried => !Known(tried.Shapes))) return null;
            if (filled is not null && (!Known(filled) || filled[name][axis] != size)) return null; // it depends on the data
            List<(string Symbol, Term[] Terms)> terms = [];
            foreach (var symbol in free)
            {
                (long Size, long Value)[] points = [(sizes[symbol], size), .. alone[symbol].Select(tried => (tried.Size, tried.Shapes![name][axis]))];
                if (points.All(point => point.Value == size)) continue;
                if (Term.Of(points) is not { Length: > 0 } fitted) return null;
                terms.Add((symbol, fitted));
            }
            if (terms.Count > 1 && !together.Any(tried => terms.All(one => tried.Sizes[one.Symbol] != sizes[one.Symbol]))) return null;
            return Choices(terms).SelectMany(choice => Expressions(choice, sizes, size)).FirstOrDefault(one => together.All(tried => one.Of(tried.Sizes) == tried.Shapes![name][axis])).Text;
        }
    }

    /// <summary>Sizes beside one: near and far, even and odd, so that quotients and their rounding show.</summary>
    private static long[] Others(long size) => size < 32 ? [size + 1, size + 10, size + 3, 2 * size, 4 * size, size + 32] : [size + 32, size + 33, size + 96, size + 7, size + 64, 2 * size];

    private static Shapes First(Network network, IReadOnlyDictionary<string, long[]>? inputs) =>
        Sides.Select(side => Tried(() => Shapes.At(network, input => inputs?.GetValueOrDefault(input.Name) ?? network.Graph.ShapeWith(input, 2, side)))).FirstOrDefault(shapes => shapes is not null)
        ?? Tried(() => Shapes.Of(network, 2, inputs)) ?? Shapes.Of(network, 1, inputs);

    private static Shapes? Tried(Func<Shapes> run)
    {
        try
        {
            return run();
        }
        catch (SecateurException)
        {
            return null;
        }
    }

    /// <summary>A term for each symbol; the plain ones, and quotients that are alike, first.</summary>
    private static IEnumerable<List<(string Symbol, Term Term)>> Choices(List<(string Symbol, Term[] Terms)> terms)
    {
        IEnumerable<ImmutableList<(string Symbol, Term Term)>> choices = [[]];
        foreach (var (symbol, own) in terms) choices = choices.SelectMany(so => own.Take(40).Select(term => so.Add((symbol, term)))).Take(4096);
        return choices.Select(choice => choice.ToList()).OrderBy(choice => choice.Sum(one => one.Term.Quotient > 1 ? one.Term.Factor : 0))
            .ThenBy(choice => choice.Count == 0 ? 0 : choice.Max(one => one.Term.Quotient) - choice.Min(one => one.Term.Quotient)).ThenBy(choice => choice.Sum(one => one.Term.Quotient));
    }

    /// <summary>Ways to put terms of single symbols together, all of which give the size that was seen.</summary>
    private static IEnumerable<(string Text, Func<IReadOnlyDictionary<string, long>, long> Of)> Expressions(
        List<(string Symbol, Term Term)> terms, IReadOnlyDictionary<string, long> sizes, long size)
    {
        if (terms.Count == 0) return [($"{size}", _ => size)];
        if (terms is [var (symbol, only)]) return [(only.Text(symbol), at => only.Of(at[symbol]))];
        // all that the size is a multiple of, times the sum of the others
        var factors = terms.Where(one => one.Term.IsMultiple).ToList();
        var rest = terms.Except(factors).ToList();
        return ((IEnumerable<(string, Func<IReadOnlyDictionary<string, long>, long>)?>)[Product(terms, [], sizes, size), Product([], terms, sizes, size), Product(factors, rest, sizes, size)])
            .Where(one => one is not null).Select(one => one!.Value);
    }

    private static (string, Func<IReadOnlyDictionary<string, long>, long>)? Product(
        List<(string Symbol, Term Term)> factors, List<(string Symbol, Term Term)> addends, IReadOnlyDictionary<string, long> sizes, long size)
    {
        var reduced = factors.ConvertAll(one => (one.Symbol, Term: one.Term.Reduced));
        var product = reduced.Aggregate(1L, (so, one) => so * one.Term.Of(sizes[one.Symbol]));
        if (product == 0 || size % product != 0) return null;
        var multiple = size / product;
        if (addends.Count == 0)
        {
            string[] parts = [.. multiple == 1 ? (string[])[] : [$"{multiple}"], .. reduced.Select(one => one.Term.IsSum ? $"({one.Term.Text(one.Symbol)})" : one.Term.Text(one.Symbol))];
            return (string.Join('*', parts), at => reduced.Aggregate(multiple, (so, one) => so * one.Term.Of(at[one.Symbol])));
        }
        if (addends.Any(one => !one.Term.Divides(product))) return null;
        var sums = addends.ConvertAll(one => (one.Symbol, Term: one.Term.Over(product)));
        var constant = multiple - sums.Sum(one => one.Term.Moving(sizes[one.Symbol]));
        var text = string.Join('+', sums.Select(one => one.Term.MovingText(one.Symbol))) + (constant == 0 ? "" : $"{constant:+0;-0}");
        return (reduced.Count == 0 ? text : $"{string.Join('*', reduced.Select(one => one.Term.Text(one.Symbol)))}*({text})",
            at => reduced.Aggregate(constant + sums.Sum(one => one.Term.Moving(at[one.Symbol])), (so, one) => so * one.Term.Of(at[one.Symbol])));
    }

    /// <summary>A size that the model runs on only where it is the sum of two others, such as that of a mask over past and present.</summary>
    private sealed record Sum(string Whole, string One, string Other)
    {
        private const int Most = 8; // symbols

        public static IEnumerable<Sum> Among(ImmutableArray<string> symbols) => symbols.Length > Most ? []
            : from whole in symbols
              from one in symbols
              from other in symbols
              where one != whole && other != whole && string.CompareOrdinal(one, other) < 0
              select new Sum(whole, one, other);

        public Dictionary<string, long> Held(IReadOnlyDictionary<string, long> sizes) => new(sizes) { [Whole] = sizes[One] + sizes[Other] };
    }

    /// <summary>scale · ⌊(factor·s + more) / quotient⌋, or scale·s².</summary>
    private readonly record struct Term(long Scale, long Factor, long More, long Quotient, bool IsSquare = false, bool IsExact = false)
    {
        /// <summary>Whether doubling the symbol doubles it.</summary>
        public bool IsMultiple => !IsSquare && Quotient == 1 && More == 0;

        public bool IsSum => !IsSquare && Quotient == 1 && More != 0;

        /// <summary>Without a factor that all its values share.</summary>
        public Term Reduced => IsSquare || Quotient > 1 ? this with { Scale = 1 } : Over(Gcd(Factor, More));

        /// <summary>Terms through points, of which there must be several: one, or quotients with all that can stand before them, the least first.</summary>
        public static Term[] Of((long Size, long Value)[] points)
        {
            if (points.Length < 2) return [];
            var ((size, value), (other, then)) = (points[0], points[1]);
            var shared = points.Aggregate(0L, (so, point) => Gcd(so, point.Value));
            var quotients = points.Length < 3 ? [] : Divisors(shared).Select(scale => Quotiented(points, scale)).Where(term => term is not null).Select(term => term!.Value);
            if ((then - value) % (other - size) == 0 && (then - value) / (other - size) is var slope && points.All(point => point.Value == value + slope * (point.Size - size)))
                return [new(1, slope, value - slope * size, 1), .. value == slope * size ? quotients : []]; // 5·height/4 may be all that is left of a product
            if (points.Length > 2 && value > 0 && value % (size * size) == 0 && points.All(point => point.Value == value / (size * size) * point.Size * point.Size))
                return [new(value / (size * size), 1, 0, 1, true)];
            return [.. quotients];
        }

        private static Term? Quotiented((long Size, long Value)[] points, long scale)
        {
            var shared = Gcd(points[0].Size, points[0].Value / scale);
            var (up, down) = (points[0].Value / scale / shared, points[0].Size / shared);
            if (down is > 1 and <= 64 && points.All(point => point.Value / scale * down == up * point.Size)) return new(scale, up, 0, down, IsExact: true);
            var (low, high) = (points.MinBy(point => point.Size), points.MaxBy(point => point.Size));
            foreach (var quotient in Quotients)
            {
                var factor = (long)Math.Round((double)(high.Value - low.Value) / scale * quotient / (high.Size - low.Size));
                if (factor < 1 || Gcd(factor, quotient) != 1) continue;
                var least = points.Max(point => quotient * (point.Value / scale) - factor * point.Size);
                var most = points.Min(point => quotient * (point.Value / scale + 1) - factor * point.Size - 1);
                if (least > most) continue;
                return new(scale, factor, least <= 0 && most >= 0 ? 0 : least <= quotient - 1 && most >= quotient - 1 ? quotient - 1 : least, quotient);
            }
            return null;
        }

        private static IEnumerable<long> Divisors(long number)
        {
            for (var one = 1L; one <= Math.Min(number, 4096); one++)
                if (number % one == 0) yield return one;
        }

        public long Of(long size) => Scale * (IsSquare ? size * size : (long)Math.Floor((double)(Factor * size + More) / Quotient));

        /// <summary>What of it changes with the symbol: all but a sum's constant.</summary>
        public long Moving(long size) => IsSum ? Scale * Factor * size : Of(size);

        public bool Divides(long number) => IsSquare || Quotient > 1 ? Scale % number == 0 : Factor % number == 0 && More % number == 0;

        public Term Over(long number) => IsSquare || Quotient > 1 ? this with { Scale = Scale / number } : this with { Factor = Factor / number, More = More / number };

        public string MovingText(string symbol) => IsSum ? (this with { More = 0 }).Text(symbol) : Text(symbol);

        public string Text(string symbol)
        {
            var multiple = IsSquare ? $"{symbol}*{symbol}" : Factor == 1 ? symbol : $"{Factor}*{symbol}";
            var scale = Scale == 1 ? "" : $"{Scale}*";
            return scale + (IsSquare || Quotient == 1 ? More == 0 ? multiple : $"{multiple}{More:+0;-0}"
                : IsExact ? $"{multiple}/{Quotient}" : More == 0 ? $"floor({multiple}/{Quotient})" : More == Quotient - 1 ? $"ceil({multiple}/{Quotient})" : $"floor(({multiple}{More:+0;-0})/{Quotient})");
        }

        private static long Gcd(long one, long other)
        {
            (one, other) = (Math.Abs(one), Math.Abs(other));
            while (other != 0) (one, other) = (other, one % other);
            return Math.Max(1, one);
        }
    }
}
