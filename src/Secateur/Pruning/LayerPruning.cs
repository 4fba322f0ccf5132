using System.Collections.Immutable;
using Secateur.Criteria;
using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Tasks;

namespace Secateur.Pruning;

/// <summary>The layers that a request may take, what they cost, and the shorter model in the end.</summary>
internal sealed class LayerPruning : IDisposable
{
    private readonly Branches branches;
    private readonly ImmutableArray<Branch> free;
    private readonly Recipe recipe;
    private readonly IReadOnlyDictionary<string, long[]>? inputs;
    private readonly List<LayerTrial> trials = [];
    private List<Branch> gone = [];
    private LayerBudget? asked;
    private LayerTrial? early; // what a search for a speed has seen

    /// <param name="network">Of the dense model.</param>
    /// <param name="inputs">Shapes of one example's inputs; null takes usual ones.</param>
    /// <param name="recipe">Checked, of granularity layer.</param>
    public LayerPruning(Network network, IReadOnlyDictionary<string, long[]>? inputs, Recipe recipe)
    {
        (this.recipe, this.inputs) = (recipe, inputs);
        branches = Branches.Of(network, inputs);
        free = LayerChoices.Free(branches, recipe);
    }

    public LayerBudget Macs => LayerBudget.Macs(branches.Network.Model, Shapes.Of(branches.Network, inputs: inputs));

    public LayerBudget Bytes => LayerBudget.Bytes(branches.Network.Model);

    /// <summary>The share of the work that can go.</summary>
    public double Reach => Macs is var macs ? 1 - (Least(macs) / macs.Dense) : 0;

    /// <summary>What the recipe asks for, where that is not a speed.</summary>
    /// <exception cref="SecateurException">Not even without all that may go it can be met.</exception>
    public LayerBudget Budget() => asked ??= Reachable(recipe switch
    {
        { Size: { } size } => Bytes with { Limit = size },
        { Macs: { } macs } => macs <= 1 ? Macs.Share(macs) : Macs with { Limit = macs },
        { Sparsity: var sparsity } => LayerBudget.Parameters(branches.Network.Model).Share(1 - (sparsity ?? 0)),
    });

    /// <summary>What the recipe asks for, where that is a speed; see <see cref="LayerSpeed"/>.</summary>
    /// <param name="speed">Finds how much must go.</param>
    /// <param name="trial">Whether and how losses can be seen; null judges by magnitude.</param>
    /// <param name="report">Told of losses as they are seen.</param>
    /// <exception cref="SecateurException">It cannot be so fast; the message says how fast it can be.</exception>
    public LayerBudget SpeedBudget(LayerSpeed speed, (DataSet Data, Network? Teacher, Assignment Task)? trial, Action<string, double, string> report)
    {
        var latency = speed.Latency(branches.Network.Graph, Shapes.Of(branches.Network, inputs: inputs));
        if (recipe.LatencyTable is not null) return asked = Reachable(latency with { Limit = recipe.Latency ?? (latency.Dense / recipe.Speedup!.Value) });
        using var statistics = new Statistics(Seeds.Derive(recipe.Seed, "calibration", 0));
        var step = Step(branches.Network, recipe, latency, trial, report);
        early = trials.LastOrDefault();
        return asked = speed.Find(latency, step, statistics, free, some => new BranchRemoval(branches, some).Apply(OnnxModel.Load(speed.Path)));
    }

    /// <summary>What the request came to, as a budget for others.</summary>
    public LayerBudget Reached()
    {
        var (budget, idle) = (asked ?? Macs, branches.Idle(gone));
        return budget with { Limit = budget.Dense - budget.Saved(idle, branches.IdleConstants(idle)) };
    }

    /// <summary>A step over the branches of this network or another of the same model.</summary>
    /// <param name="network">That is pruned.</param>
    /// <param name="what">The recipe, or a variant of it.</param>
    /// <param name="budget">Of the dense model.</param>
    /// <param name="trial">Whether and how losses can be seen; null judges by magnitude.</param>
    /// <param name="report">Told of losses as they are seen.</param>
    public LayerStep Step(Network network, Recipe what, LayerBudget budget, (DataSet Data, Network? Teacher, Assignment Task)? trial, Action<string, double, string> report)
    {
        var own = network == branches.Network ? branches : Branches.Of(network, inputs);
        var seen = own == branches && what == recipe && early is { } known ? known
            : trial is { } asked && what.Allocation != "uniform" ? new LayerTrial(own, asked.Teacher, asked.Task, asked.Data, what) : null;
        if (seen is not null && seen != early) trials.Add(seen);
        var moved = own == branches ? budget : Moved(budget, network);
        return new(own, own == branches ? free : LayerChoices.Free(own, recipe), what, moved, seen, (done, detail) => report("which layer to leave out", done, detail));
    }

    /// <summary>What is left of a cost once what the masks say has gone.</summary>
    public long Left(LayerBudget budget, LayerStep step, Masks masks)
    {
        var idle = branches.Idle(step.Gone(masks));
        return (long)(budget.Dense - budget.Saved(idle, branches.IdleConstants(idle)));
    }

    /// <summary>Takes over what has gone.</summary>
    public void Take(LayerStep step, Masks masks) => gone = step.Gone(masks);

    /// <summary>Sets to zero what nothing reads any more, so that it counts as gone.</summary>
    public void Clear(Network network)
    {
        using var frozen = TorchSharp.torch.no_grad();
        foreach (var name in branches.IdleConstants(branches.Idle(gone)).Where(network.Parameters.ContainsKey)) network.Constants[name].zero_();
    }

    /// <summary>Writes the model without the branches that went.</summary>
    /// <param name="model">With the values that its constants shall have.</param>
    /// <param name="output">The file.</param>
    /// <param name="masked">A file for the twin; null writes none.</param>
    /// <param name="facts">Shapes that the file's work is counted for.</param>
    /// <param name="sign">Told of every file.</param>
    public ModelFacts Write(OnnxModel model, string output, string? masked, IReadOnlyDictionary<string, long[]>? facts, Action<IEnumerable<string>> sign)
    {
        var removal = new BranchRemoval(branches, gone);
        var shorter = removal.Apply(model);
        return SmallerModel.Write(shorter, () => removal.Mask(model), recipe, output, masked, facts, sign);
    }

    public void Dispose()
    {
        foreach (var trial in trials) trial.Dispose();
    }

    private LayerBudget Reachable(LayerBudget budget)
    {
        if (Least(budget) is var least && least <= budget.Limit * (1 + 1e-9)) return budget;
        var most = recipe.Speedup is { } speedup ? $"a speed of {speedup:0.##}x cannot be met by leaving out layers: without all {free.Length} that may go it is {budget.Dense / least:0.##} times as fast by the table"
            : $"{budget.Limit:#,0.###} {budget.Unit} cannot be met by leaving out layers: without all {free.Length} that may go it has {least:#,0.###}, with all {budget.Dense:#,0.###}";
        throw new SecateurException($"{branches.Network.Model.Path}: {most}; ask for no less, or take another --granularity");
    }

    private double Least(LayerBudget budget)
    {
        var idle = branches.Idle(free);
        return budget.Dense - budget.Saved(idle, branches.IdleConstants(idle));
    }

    /// <summary>The same budget over the nodes of another reading of the model.</summary>
    private LayerBudget Moved(LayerBudget budget, Network other)
    {
        var nodes = other.Graph.Nodes.Zip(branches.Network.Graph.Nodes).ToDictionary(pair => pair.First, pair => pair.Second);
        return budget with { Saved = (idle, constants) => budget.Saved(idle.Select(node => nodes[node]).ToHashSet(), constants) };
    }
}
