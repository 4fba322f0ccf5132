using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Structure.Budget;

namespace Secateur.Structure.Latency;

/// <summary>The widths at which a piece is measured.</summary>
/// <remarks>
/// The two groups that decide the most of its work span a grid; each other one (a concatenation has many) is measured alone, the others whole,
/// and what it saves is subtracted.
/// </remarks>
internal sealed class GridPlan
{
    private const double LeastShare = 0.02; // of the dense latency, however much is subtracted

    private readonly ImmutableArray<Slice> slices; // the grid first
    private readonly Func<ImmutableArray<int>, double> work;
    private readonly ImmutableArray<int> units;

    private GridPlan(Node main, ImmutableArray<int> groups, ImmutableArray<int> units, ImmutableArray<Slice> slices, PieceModel dense, Func<ImmutableArray<int>, double> work) =>
        (Main, Groups, this.units, this.slices, DenseKey, this.work, Points) = (main, groups, units, slices, dense.Key, work, [.. slices.SelectMany(slice => slice.Points.Select(point => point.Model)).Append(dense)]);

    /// <summary>The node that multiplies.</summary>
    public Node Main { get; }

    /// <summary>All that decide its shapes.</summary>
    public ImmutableArray<int> Groups { get; }

    /// <summary>Of all units.</summary>
    public string DenseKey { get; }

    public ImmutableArray<PieceModel> Points { get; }

    /// <returns>Null where it cannot be a model of its own.</returns>
    public static GridPlan? Of(Piece piece, OnnxModel model, Shapes shapes, Shrinkage shrinkage, IReadOnlyDictionary<string, ImmutableArray<int>> deciding)
    {
        if (Model(shrinkage.Units) is not { } dense) return null;
        ImmutableArray<int> groups = [.. Costs.Groups(piece.Values, deciding).OrderBy(group => Work(shrinkage.Units.SetItem(group, Math.Max(1, shrinkage.Units[group] / 2))))];
        var slices = ImmutableArray.CreateBuilder<Slice>();
        if (groups.Length > 0) slices.Add(Over(groups[..Math.Min(2, groups.Length)]));
        foreach (var group in groups.Skip(2)) slices.Add(Over([group]));
        return new(piece.Main, groups, shrinkage.Units, slices.ToImmutable(), dense, Work);

        Slice Over(ImmutableArray<int> own)
        {
            ImmutableArray<ImmutableArray<int>> widths = [.. own.Select(group => LatencyGrid.Widths(shrinkage.Units[group]))];
            var points = ImmutableArray.CreateBuilder<(ImmutableArray<int>, PieceModel)>();
            foreach (var first in widths[0])
                foreach (var second in own.Length > 1 ? widths[1] : [0])
                {
                    var kept = shrinkage.Units.SetItem(own[0], first);
                    if (own.Length > 1) kept = kept.SetItem(own[1], second);
                    points.Add((kept, Model(kept) ?? dense));
                }
            return new(own, widths, points.ToImmutable());
        }

        PieceModel? Model(ImmutableArray<int> kept)
        {
            try
            {
                return PieceModel.Of(piece, model, shapes, Costs.With(shapes, shrinkage, kept.AsSpan()));
            }
            catch (SecateurException)
            {
                return null;
            }
        }

        // by which what cannot be measured is guessed: what it multiplies, or where it does not, what it moves
        double Work(ImmutableArray<int> kept)
        {
            var own = Costs.With(shapes, shrinkage, kept.AsSpan());
            return piece.Nodes.Sum(node => (double)Operator.For(node, model.Path).Macs(node, own)) + piece.Values.Where(shapes.Has).Sum(value => (double)own.Elements(value));
        }
    }

    /// <param name="timeOf">Of a point of the plan; null where it cannot be timed.</param>
    public CostTerm ToTerm(Func<PieceModel, double?> timeOf)
    {
        var dense = timeOf(Points[^1])!.Value;
        var denseWork = work(units);
        LatencyGrid[] grids = [.. slices.Select(slice => Grid(slice))];
        return CostFunction.Remembering(Groups, kept =>
        {
            var sum = grids[0].At(kept);
            foreach (var grid in grids.AsSpan(1)) sum -= dense - grid.At(kept);
            return Math.Max(LeastShare * dense, sum);
        });

        LatencyGrid Grid(Slice slice)
        {
            var columns = slice.Groups.Length > 1 ? slice.Widths[1].Length : 1;
            var values = new double[slice.Widths[0].Length, columns];
            foreach (var (index, (kept, model)) in slice.Points.Index())
                values[index / columns, index % columns] = timeOf(model) is { } time && (model.Key != DenseKey || kept.SequenceEqual(units)) ? time : dense * work(kept) / denseWork;
            return new(slice.Groups, slice.Widths, values);
        }
    }

    private sealed record Slice(ImmutableArray<int> Groups, ImmutableArray<ImmutableArray<int>> Widths, ImmutableArray<(ImmutableArray<int> Kept, PieceModel Model)> Points);
}
