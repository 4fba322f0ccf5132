using System.Collections.Immutable;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Structure.Budget;

namespace Secateur.Pruning;

/// <summary>The units that a request may take, what they cost, and the smaller model in the end.</summary>
internal sealed class Structures : IDisposable
{
    private readonly StructureMap map;
    private readonly ImmutableArray<Group> groups;
    private readonly Recipe recipe;
    private readonly Shapes shapes;
    private readonly IReadOnlyDictionary<string, long[]>? inputs;
    private readonly List<StructureMap> others = [];
    private readonly Func<UnitBudget, UnitBudget> latency;

    /// <param name="path">The dense model's file.</param>
    /// <param name="network">Of it.</param>
    /// <param name="inputs">Shapes of one example's inputs; null takes usual ones.</param>
    /// <param name="recipe">Checked, of a structured granularity.</param>
    /// <param name="report">Told of measurements.</param>
    /// <param name="cancel">Looked at between them.</param>
    public Structures(string path, Network network, IReadOnlyDictionary<string, long[]>? inputs, Recipe recipe, Action<string, double, string> report, CancellationToken cancel)
    {
        (this.recipe, this.inputs) = (recipe, inputs);
        map = StructureMap.Of(network, inputs);
        try
        {
            groups = UnitStep.GroupsOf(map, recipe);
            shapes = Shapes.Of(network, inputs: inputs);
        }
        catch
        {
            map.Dispose();
            throw;
        }
        latency = budget => budget;
    }

    /// <summary>Multiply-accumulates of one example.</summary>
    public UnitBudget Macs => Made(Costs.Macs(map.Network.Model, shapes, Shrinkage), "MACs", 1);

    /// <summary>Of the file.</summary>
    public UnitBudget Bytes => Made(Costs.Bytes(map.Network.Model, shapes, Shrinkage), "bytes", 1);

    /// <summary>Units that stay of each group, in the order of the budgets.</summary>
    public int[] Counts(IReadOnlyDictionary<Dimension, bool[]> kept) => [.. groups.Select(group => kept.TryGetValue(group.Dimension, out var stays) ? stays.Count(one => one) : (int)group.Size)];

    /// <summary>The share of the work that can go, a little less than with the fewest units everywhere.</summary>
    public double Reach
    {
        get
        {
            var macs = Macs;
            int[] fewest = [.. groups.Select(group => (int)Math.Clamp(Math.Ceiling(recipe.LeastKept * group.Size) + 8, 1, group.Size))];
            return 1 - (macs.Cost.At(fewest) / macs.Dense);
        }
    }

    private Shrinkage Shrinkage => Shrinkage.Of(map, groups, shapes);

    /// <summary>What the recipe asks for.</summary>
    public UnitBudget Budget() => recipe switch
    {
        { Size: { } size } => Bytes with { Limit = size },
        { Macs: { } macs } => Macs is var budget && macs <= 1 ? budget.Share(macs) : budget with { Limit = macs },
        { Speedup: not null } or { Latency: not null } => latency(Macs),
        { Sparsity: var sparsity } => Made(Costs.Parameters(map.Network.Model, shapes, Shrinkage), "parameters", 1).Share(1 - (sparsity ?? 0)),
    };

    /// <summary>A step over the same groups, of this network or another of the same model.</summary>
    public UnitStep Step(Network network, Recipe what, UnitBudget budget)
    {
        if (network == map.Network) return new(map, groups, what, budget);
        var other = StructureMap.Of(network, inputs);
        others.Add(other);
        return new(other, UnitStep.GroupsOf(other, recipe), what, budget);
    }

    /// <summary>Writes the model without the units that went.</summary>
    /// <param name="model">With the values that its constants shall have.</param>
    /// <param name="kept">By dimension, which units stay.</param>
    /// <param name="output">The file.</param>
    /// <param name="masked">A file for the twin; null writes none.</param>
    /// <param name="facts">Shapes that the file's work is counted for.</param>
    /// <param name="sign">Told of every file.</param>
    public ModelFacts Write(OnnxModel model, IReadOnlyDictionary<Dimension, bool[]> kept, string output, string? masked, IReadOnlyDictionary<string, long[]>? facts, Action<IEnumerable<string>> sign)
    {
        var removal = new Removal(map, kept);
        var smaller = removal.Apply(model);
        smaller.Save(output);
        sign(smaller.Files);
        if (recipe.Size is { } size && smaller.Files.Sum(file => new FileInfo(file).Length) is var bytes && bytes > size)
            throw new GateException($"{output}: would become {bytes:N0} bytes, over the {size:N0} asked for; ask for a little more");
        if (masked is not null)
        {
            var twin = removal.Mask(model);
            twin.Save(masked);
            sign(twin.Files);
        }
        return ModelFile.Facts(output, facts);
    }

    public void Dispose()
    {
        foreach (var other in others) other.Dispose();
        map.Dispose();
    }

    private UnitBudget Made(CostFunction cost, string unit, double share)
    {
        int[] all = [.. groups.Select(group => (int)group.Size)];
        var dense = cost.At(all);
        return new(cost, dense, share * dense, unit);
    }
}
