using System.Collections.Immutable;
using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>A step that takes whole residual branches, one by one: the one whose absence raises the loss least for what it saves, then the losses are seen anew.</summary>
/// <remarks>
/// Without examples a branch is judged by the magnitude of its weights beside weights of the same shape in other branches. What has gone is passed by
/// while the network runs and learns, and keeps the weights that it had.
/// </remarks>
internal sealed class LayerStep : PruneStep
{
    private readonly Branches branches;
    private readonly ImmutableArray<Branch> free;
    private readonly Recipe recipe;
    private readonly LayerBudget budget;
    private readonly LayerTrial? trial;
    private readonly Action<double, string> report;
    private readonly Dictionary<Branch, double> magnitudes = [];

    /// <param name="branches">Of the network that is pruned.</param>
    /// <param name="free">Those that may go.</param>
    /// <param name="recipe">Checked.</param>
    /// <param name="budget">Of the same network's graph.</param>
    /// <param name="trial">Null judges by magnitude.</param>
    /// <param name="report">Told the fraction of the losses seen, and of which branch.</param>
    public LayerStep(Branches branches, ImmutableArray<Branch> free, Recipe recipe, LayerBudget budget, LayerTrial? trial, Action<double, string> report)
    {
        (this.branches, this.free, this.recipe, this.budget, this.trial, this.report) = (branches, free, recipe, budget, trial, report);
        Total = branches.Network.Weights.Sum(weight => weight.Elements);
        Choices = LayerChoices.Of(branches, free, recipe);
    }

    public override ImmutableArray<Choice> Choices { get; }

    public override long Total { get; }

    /// <summary>Leaves out what the masks say has gone, and nothing else.</summary>
    public override void Resume(Masks masks)
    {
        branches.Network.Shortcuts.Clear();
        foreach (var branch in Gone(masks)) branches.Leave(branch);
    }

    public override ScoreHistogram? Run(Statistics statistics, Masks masks, Round round, out double aim, CancellationToken cancel)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        if (round.Number > 1 || recipe.When == When.During) trial?.Forget(); // it was trained
        var limit = budget.Dense - (round.Scheduled(1) * (budget.Dense - budget.Limit));
        var gone = Gone(masks);
        var dropped = ImmutableArray.CreateBuilder<DroppedLayer>();
        while (Cost(gone) > limit * (1 + 1e-9))
        {
            var (branch, loss) = Next(gone, limit, statistics, cancel);
            gone.Add(branch);
            masks.NarrowUnits(Key(branch), tensor([false]));
            branches.Leave(branch);
            dropped.Add(new(branch.Name, round.Number, loss, trial?.Quality(cancel), Cost(gone) / budget.Dense));
        }
        Dropped = dropped.ToImmutable();
        aim = Sparsity(masks, branches.Network);
        return null;
    }

    public override double Sparsity(Masks masks, Network network)
    {
        var idle = Idle(masks);
        return network.Weights.Where(weight => idle.Contains(weight.Name)).Sum(weight => weight.Elements) / (double)Total;
    }

    /// <summary>The order in which layers go where nothing is trained in between, each seen only when it is asked for; in the end the network is as before.</summary>
    /// <param name="statistics">What the criterion needs.</param>
    /// <param name="cancel">Looked at between losses.</param>
    public IEnumerable<Branch> Order(Statistics statistics, CancellationToken cancel)
    {
        List<Branch> gone = [];
        try
        {
            while (Left(gone) is { Length: > 0 } left)
            {
                var (branch, _, _, _) = Judged(left, gone, statistics, cancel).MinBy(Price);
                gone.Add(branch);
                branches.Leave(branch);
                yield return branch;
            }
        }
        finally
        {
            foreach (var branch in gone) branches.TakeBack(branch);
        }
    }

    /// <summary>What is left of the cost without these branches.</summary>
    public double Cost(IReadOnlyCollection<Branch> gone)
    {
        var idle = branches.Idle(gone);
        return budget.Dense - budget.Saved(idle, branches.IdleConstants(idle));
    }

    /// <summary>The branches that the masks say have gone.</summary>
    public List<Branch> Gone(Masks masks) => [.. free.Where(branch => masks.Units(Key(branch)) is not null)];

    /// <summary>The constants that nothing reads any more.</summary>
    public IReadOnlySet<string> Idle(Masks masks) => branches.IdleConstants(branches.Idle(Gone(masks)));

    public override OnnxModel Remove(Masks masks, OnnxModel model) => new BranchRemoval(branches, Gone(masks)).Apply(model);

    public override SmallerNetwork? Smaller(Masks masks) => Gone(masks).Count == 0 ? null : new(branches.Network, model => Remove(masks, model), _ => []);

    /// <summary>The branch that raises the loss least for what it saves; where several would end it, of these the one that raises it least.</summary>
    private (Branch Branch, double? Loss) Next(List<Branch> gone, double limit, Statistics statistics, CancellationToken cancel)
    {
        var left = Left(gone);
        if (left.Length == 0)
            throw new SecateurException($"a cost of {limit:0.####} {budget.Unit} cannot be met: without every layer that may go it is {Cost(gone):0.####}; ask for no less, or keep fewer");
        var (judged, cost) = (Judged(left, gone, statistics, cancel), Cost(gone));
        var next = judged.MinBy(Price);
        if (cost - next.Saves <= limit) next = judged.Where(one => cost - one.Saves <= limit).MinBy(one => one.Harm);
        return (next.Branch, next.Loss);
    }

    /// <summary>Those that still save something, and how much.</summary>
    private (Branch Branch, double Saves)[] Left(List<Branch> gone)
    {
        var cost = Cost(gone);
        return [.. free.Except(gone).Select(branch => (branch, cost - Cost([.. gone, branch]))).Where(one => one.Item2 > 0)];
    }

    private (Branch Branch, double? Loss, double Harm, double Saves)[] Judged((Branch Branch, double Saves)[] left, List<Branch> gone, Statistics statistics, CancellationToken cancel) =>
        [.. Judge([.. left.Select(one => one.Branch)], gone, statistics, cancel).Zip(left, (one, saving) => (saving.Branch, one.Loss, one.Harm, saving.Saves))];

    /// <summary>What does no harm goes first.</summary>
    private static double Price((Branch Branch, double? Loss, double Harm, double Saves) one) => one.Harm > 0 ? one.Harm / one.Saves : one.Harm;

    private IEnumerable<(double? Loss, double Harm)> Judge(ImmutableArray<Branch> left, List<Branch> gone, Statistics statistics, CancellationToken cancel)
    {
        if (recipe.Criterion == "random") return left.Select(branch => ((double?)null, Drawn(branch, statistics)));
        if (trial is null) return left.Select(branch => ((double?)null, Magnitude(branch)));
        var now = trial.Loss(Off(gone), cancel);
        List<(double?, double)> judged = [];
        foreach (var branch in left)
        {
            var loss = trial.LossWithout(branch, Off([.. gone, branch]), cancel);
            if (!double.IsFinite(loss)) loss = double.MaxValue;
            judged.Add((loss, loss - now));
            report((double)judged.Count / left.Length, $"{free.Length - left.Length} gone, without {branch.Name} the loss is {loss:0.000}");
        }
        return judged;
    }

    private string Off(IEnumerable<Branch> gone) => string.Join(' ', gone.Select(branch => branches.All.IndexOf(branch)).Order());

    /// <summary>The mean over a branch's weights of their root mean square beside that of weights of the same shape in all branches that may go.</summary>
    private double Magnitude(Branch branch)
    {
        if (magnitudes.Count == 0)
        {
            var weights = branches.Network.Weights.ToDictionary(weight => weight.Name);
            var sizes = free.SelectMany(one => one.Weights).Distinct().ToDictionary(name => name, name => weights[name].Tensor.detach().square().mean().sqrt().ToDouble());
            var usual = sizes.GroupBy(size => Shape(weights[size.Key])).ToDictionary(group => group.Key, group => Math.Max(group.Average(size => size.Value), 1e-30));
            foreach (var one in free) magnitudes[one] = one.Weights.Average(name => sizes[name] / usual[Shape(weights[name])]);
        }
        return magnitudes[branch];

        static string Shape(Weight weight) => string.Join('x', weight.Shape);
    }

    private double Drawn(Branch branch, Statistics statistics) =>
        statistics.Uniform(branches.Network.Weights.First(weight => weight.Name == branch.Weights[0])).flatten()[0].item<float>();

    private string Key(Branch branch) => $"layer {branches.All.IndexOf(branch)} {branch.Name}";
}
