using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure.Budget;

namespace Secateur.Structure.Latency;

/// <summary>What a model takes in stock ONNX Runtime, by how many units each group keeps: the pieces' times from a table, fitted to the whole model's.</summary>
/// <remarks>
/// The whole dense model is faster than its pieces alone (values stay in the processor's own layout), or slower (they do not stay in its cache): all
/// pieces are scaled by one factor; what a run of an empty graph takes is constant. Where some cannot be timed alone, what the others leave of the whole is constant instead.
/// </remarks>
public sealed class LatencyModel
{
    private const string Empty = "empty run";

    private readonly OnnxModel model;
    private readonly Shapes shapes;
    private readonly Shrinkage shrinkage;
    private readonly LatencyTable table;
    private readonly string path;
    private readonly ImmutableArray<GridPlan> plans;
    private readonly bool hasOthers; // pieces that are no models of their own

    /// <param name="path">The dense model's file.</param>
    /// <param name="model">What it holds.</param>
    /// <param name="shapes">As seen in a run of the batch and sizes that latency is wanted for.</param>
    /// <param name="shrinkage">What can shrink.</param>
    /// <param name="table">Told what is missing, where it grows.</param>
    public LatencyModel(string path, OnnxModel model, Shapes shapes, Shrinkage shrinkage, LatencyTable table)
    {
        (this.path, this.model, this.shapes, this.shrinkage, this.table) = (path, model, shapes, shrinkage, table);
        var pieces = Piece.Of(model, shapes);
        var deciding = shrinkage.Deciding(pieces.SelectMany(piece => piece.Values).Where(shapes.Has).Distinct());
        plans = [.. pieces.Select(piece => GridPlan.Of(piece, model, shapes, shrinkage, deciding)).OfType<GridPlan>()];
        hasOthers = plans.Length < pieces.Length;
        Whole = $"whole model of {plans.Length} pieces, " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', plans.Select(plan => plan.DenseKey)))))[..16];
    }

    /// <summary>What the pieces of the dense model take, each alone.</summary>
    internal double Alone => plans.Sum(plan => table[plan.DenseKey] ?? 0);

    /// <summary>The key of the whole dense model.</summary>
    private string Whole { get; }

    /// <summary>Every key that is read.</summary>
    internal IEnumerable<string> Keys => plans.SelectMany(plan => plan.Points.Select(point => point.Key)).Append(Empty).Append(Whole).Distinct();

    /// <summary>Measures what the table lacks, and saves it.</summary>
    /// <param name="progress">Told after each piece.</param>
    /// <param name="cancel">What was measured until then is saved.</param>
    /// <exception cref="SecateurException">The table does not grow; the message names a key that it lacks.</exception>
    public void Measure(IProgress<Progress>? progress, CancellationToken cancel)
    {
        if (Keys.FirstOrDefault(key => !table.Holds(key)) is not { } missing) return;
        if (!table.Grows) _ = table[missing];
        try
        {
            if (!table.Holds(Empty)) table[Empty] = PieceTimer.EmptyRun(table.Threads, cancel);
            table[Whole] = PieceTimer.Whole(path, model.Graph, shapes, table.Threads, cancel);
            foreach (var (done, plan) in plans.Index())
            {
                progress?.Report(new("measuring layers", (double)done / plans.Length, $"{done} of {plans.Length}"));
                PieceModel[] asked = [.. plan.Points.Where(point => !table.Holds(point.Key)).DistinctBy(point => point.Key)];
                if (asked.Length == 0) continue;
                var times = PieceTimer.Time([.. asked.Select(point => point.Make)], table.Threads, cancel);
                foreach (var (point, time) in asked.Zip(times)) table[point.Key] = time;
            }
            table[Whole] = Math.Min(table[Whole]!.Value, PieceTimer.Whole(path, model.Graph, shapes, table.Threads, cancel));
        }
        finally
        {
            table.Save(table.Path);
        }
        progress?.Report(new("measuring layers", 1, $"{plans.Length} of {plans.Length}"));
    }

    /// <summary>Milliseconds of a run.</summary>
    /// <exception cref="SecateurException">The table lacks a key.</exception>
    public CostFunction ToCost()
    {
        var (constant, untimed) = (0.0, hasOthers);
        var terms = ImmutableArray.CreateBuilder<CostTerm>();
        foreach (var plan in plans)
        {
            if (table[plan.DenseKey] is not { } dense) untimed = true;
            else if (plan.Groups.Length == 0) constant += dense;
            else terms.Add(plan.ToTerm(point => table[point.Key]));
        }
        var sum = new CostFunction(constant, terms.ToImmutable());
        var (factor, added) = Fit(sum.At([.. shrinkage.Units]), untimed);
        return sum.Scaled(factor, added);
    }

    /// <summary>Milliseconds of a run of the whole dense model, and of each node that multiplies with the light ones after it.</summary>
    /// <exception cref="SecateurException">The table lacks a key.</exception>
    internal (double Whole, IReadOnlyDictionary<Node, double> ByNode) OfNodes()
    {
        var (factor, _) = Fit(Alone, hasOthers || plans.Any(plan => table[plan.DenseKey] is null));
        return (table[Whole]!.Value, plans.ToDictionary(plan => plan.Main, plan => factor * (table[plan.DenseKey] ?? 0)));
    }

    /// <summary>By what the pieces' times are multiplied, and what is added, to be the whole model's.</summary>
    private (double Factor, double Added) Fit(double told, bool untimed)
    {
        var whole = table[Whole]!.Value;
        var empty = Math.Min(table[Empty]!.Value, whole / 2);
        return untimed && told < whole ? (1, whole - told) : ((whole - empty) / told, empty);
    }
}
