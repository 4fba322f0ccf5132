using System.Collections.Immutable;
using Secateur.Onnx;

namespace Secateur.Execution;

/// <summary>
/// Where a graph is cut for training with little memory: the values that are alive at the cuts are kept, those within a segment are computed again. The cuts
/// are those by which what is kept and the largest segment are least together; a chain of n equal nodes gets about √n.
/// </summary>
/// <remarks>Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016, sec. 4 (arXiv:1604.06174), with the best cuts of each budget instead of greedy ones.</remarks>
internal sealed class Segments
{
    private const double Never = double.PositiveInfinity;

    private Segments(ImmutableArray<ImmutableArray<Step>> all, IReadOnlySet<int> kept, double share) => (All, Kept, Share) = (all, kept, share);

    /// <summary>The graph's steps in their order.</summary>
    public ImmutableArray<ImmutableArray<Step>> All { get; }

    /// <summary>The slots of the values that are alive at a cut.</summary>
    public IReadOnlySet<int> Kept { get; }

    /// <summary>What is held at most, as a share of all values of the graph.</summary>
    public double Share { get; }

    /// <summary>Cuts a network's graph by the sizes that its values have for one example of usual shape; where it runs on none, all count alike.</summary>
    public static Segments Of(Network network, Course course)
    {
        Shapes? shapes = null;
        try
        {
            shapes = Shapes.Of(network);
        }
        catch (SecateurException)
        {
            // a graph that runs on real data alone
        }
        return Of(course, name => shapes is null ? 1 : shapes.Has(name) ? shapes.Elements(name) : Never); // a sequence is never kept
    }

    /// <param name="course">Of the graph.</param>
    /// <param name="size">Of a value by its name; infinite where it cannot be kept.</param>
    public static Segments Of(Course course, Func<string, double> size)
    {
        var steps = course.Steps;
        double[] made = [.. steps.Select(step => step.Node.Outputs.Where(name => name.Length > 0).Sum(name => size(name) is var own && double.IsFinite(own) ? own : 0))];
        var alive = Alive(course);
        var sizes = steps.SelectMany(step => step.Outputs.Zip(step.Node.Outputs).Where(output => output.First >= 0)).ToDictionary(output => output.First, output => size(output.Second));
        double[] cost = [0, .. alive.Select(slots => slots.Sum(slot => sizes[slot]))];
        var (total, best) = (made.Sum(), (Held: Never, Cuts: ImmutableArray<int>.Empty));
        for (var budget = made.DefaultIfEmpty(0).Max(); ; budget *= 1.2)
        {
            var (kept, cuts) = Best(made, cost, Math.Min(budget, total));
            if (kept + Math.Min(budget, total) < best.Held) best = (kept + Math.Min(budget, total), cuts);
            if (budget >= total) break;
        }
        int[] ends = [.. best.Cuts, steps.Length];
        return new([.. ends.Select((end, i) => steps[(i == 0 ? 0 : ends[i - 1])..end])], best.Cuts.SelectMany(cut => alive[cut - 1]).ToHashSet(), total > 0 ? Math.Min(1, best.Held / total) : 1);
    }

    /// <summary>The cuts (steps before them) that keep least where no segment makes more than a budget.</summary>
    private static (double Kept, ImmutableArray<int> Cuts) Best(double[] made, double[] cost, double budget)
    {
        var (least, from) = (new double[made.Length + 1], new int[made.Length + 1]);
        for (var end = 1; end <= made.Length; end++)
        {
            least[end] = Never;
            var inside = 0.0;
            for (var start = end - 1; start >= 0; start--)
            {
                inside += made[start];
                if (inside > budget * (1 + 1e-9) && start < end - 1) break;
                if (least[start] + cost[start] >= least[end]) continue;
                (least[end], from[end]) = (least[start] + cost[start], start);
            }
        }
        var cuts = new Stack<int>();
        for (var end = from[made.Length]; end > 0; end = from[end]) cuts.Push(end);
        return (least[^1], [.. cuts]);
    }

    /// <summary>After each step, the slots of values made so far that are read later or leave the graph.</summary>
    private static HashSet<int>[] Alive(Course course)
    {
        var (alive, made) = (new HashSet<int>[course.Steps.Length], course.Steps.SelectMany(step => step.Outputs).Where(slot => slot >= 0).ToHashSet());
        HashSet<int> later = [.. course.Outputs.Where(made.Contains)];
        for (var i = alive.Length - 1; i >= 0; i--)
        {
            alive[i] = [.. later];
            later.ExceptWith(course.Steps[i].Outputs);
            later.UnionWith(course.Steps[i].Reads.Where(made.Contains));
        }
        return alive;
    }
}
