using System.Collections.Immutable;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Structure.Budget;
using Secateur.Structure.Latency;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>The units that a request may take, what they cost, and the smaller model in the end.</summary>
internal sealed class Structures : IDisposable
{
    private readonly StructureMap map;
    private readonly ImmutableArray<Group> groups;
    private readonly Recipe recipe;
    private readonly Shapes shapes;
    private readonly IReadOnlyDictionary<string, long[]>? inputs;
    private readonly List<IDisposable> others = [];
    private readonly OnnxModel? integers; // the dense model, where the network holds what it stands for
    private readonly string path;
    private readonly Action<string, double, string> report;
    private readonly CancellationToken cancel;

    /// <param name="path">The dense model's file.</param>
    /// <param name="network">Of it.</param>
    /// <param name="integers">The dense model, where its weights are integers and the network is of what <see cref="Dequantized"/> makes of it; null otherwise.</param>
    /// <param name="inputs">Shapes of one example's inputs; null takes usual ones.</param>
    /// <param name="recipe">Checked, of a structured granularity.</param>
    /// <param name="report">Told of measurements.</param>
    /// <param name="cancel">Looked at between them.</param>
    public Structures(string path, Network network, OnnxModel? integers, IReadOnlyDictionary<string, long[]>? inputs, Recipe recipe, Action<string, double, string> report, CancellationToken cancel)
    {
        (this.path, this.recipe, this.inputs, this.report, this.cancel) = (path, recipe, inputs, report, cancel);
        this.integers = integers;
        map = MapOf(network);
        try
        {
            groups = UnitStep.GroupsOf(map, recipe);
            shapes = Shapes.Of(map.Network, inputs: inputs);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Multiply-accumulates of one example.</summary>
    public UnitBudget Macs => Made(Costs.Macs(map.Network.Model, shapes, Shrinkage), "MACs", 1);

    /// <summary>Of the file.</summary>
    public UnitBudget Bytes => Made(Costs.Bytes(OnnxModel.Load(path), shapes, Shrinkage), "bytes", 1);

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

    /// <summary>Milliseconds of one example in ONNX Runtime, as layers predict them; what is not known yet is measured.</summary>
    public UnitBudget Latency
    {
        get
        {
            var table = recipe.LatencyTable is { } file ? LatencyTable.Load(file, Threads) : LatencyTable.Own(Threads);
            var latency = new LatencyModel(path, OnnxModel.Load(path), shapes, Shrinkage, table); // the network holds the constants of its own model
            latency.Measure(new Telling(report), cancel);
            return Made(latency.ToCost(), "ms", 1);
        }
    }

    /// <summary>What the recipe asks for, where that is not a speed.</summary>
    public UnitBudget Budget() => recipe switch
    {
        { Size: { } size } => Bytes with { Limit = size },
        { Macs: { } macs } => Macs is var budget && macs <= 1 ? budget.Share(macs) : budget with { Limit = macs },
        { Sparsity: var sparsity } => Made(Costs.Parameters(map.Learned.Model, shapes, Shrinkage), "parameters", 1).Share(1 - (sparsity ?? 0)),
    };

    /// <summary>
    /// What the recipe asks for, where that is a speed: of latencies measured on this machine the prediction whose model was measured to be so fast; of
    /// another machine's what its table says.
    /// </summary>
    /// <param name="scores">Of the dense network's units, in the order of the groups; see <see cref="UnitStep.Scores"/>.</param>
    /// <param name="folder">Where candidates are written.</param>
    /// <exception cref="SecateurException">It cannot be so fast; the message says how fast it can be.</exception>
    public UnitBudget SpeedBudget(Tensor[] scores, RunFolder folder)
    {
        var budget = Latency;
        if (recipe.LatencyTable is not null) return budget with { Limit = recipe.Latency ?? (budget.Dense / recipe.Speedup!.Value) };
        var settings = new BenchmarkSettings { Threads = Threads, Shapes = inputs };
        var target = recipe.Speedup ?? LatencyBenchmark.Run([path], settings, null, cancel).Results[0].MedianMs / recipe.Latency!.Value;
        if (target <= 1) return budget;
        var step = new UnitStep(map, groups, recipe, budget);
        Dictionary<string, double> limits = [];
        var found = SpeedupSearch.Run(target, speed =>
        {
            var counts = step.Choose(scores, budget.Dense / speed, cancel);
            var file = folder.Put($"speed-{Lineages.Key(string.Join(' ', counts.Select(stays => stays.Count(one => one))), null, recipe)[..12]}.onnx",
                new Removal(map, groups.Zip(counts).ToDictionary(pair => pair.First.Dimension, pair => pair.Second)).Apply(OnnxModel.Load(path)));
            limits[file] = budget.Dense / speed;
            return file;
        }, file => SpeedupSearch.Measure(path, file, settings, cancel), new Telling(report), cancel);
        foreach (var file in limits.Keys) File.Delete(file);
        return budget with { Limit = limits[found.Candidate] };
    }

    private static int Threads => torch.get_num_threads();

    /// <summary>A step over the same groups, of this network or another of the same model.</summary>
    public UnitStep Step(Network network, Recipe what, UnitBudget budget)
    {
        if (network == map.Learned) return new(map, groups, what, budget);
        var other = MapOf(network);
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
        if (integers is not null)
        {
            integers.Proto.MetadataProps.Clear();
            integers.Proto.MetadataProps.AddRange(model.Proto.MetadataProps);
            model = integers;
        }
        var smaller = removal.Apply(model);
        Verify(removal, model, smaller, output);
        return SmallerModel.Write(smaller, () => removal.Mask(model), recipe, output, masked, facts, sign);
    }

    /// <summary>Runs the smaller model and its twin once on the same random inputs, before anything is written: a removal that went wrong is no result.</summary>
    private void Verify(Removal removal, OnnxModel model, OnnxModel smaller, string output)
    {
        const double Most = 1e-3;
        report("checking the removal", 0, "");
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var generator = new Generator((ulong)Seeds.Derive(recipe.Seed, "check of the removal"));
        var seen = map.Settings[0].Shapes;
        var random = model.Graph.Inputs.Where(input => TorchTensors.Holds(input.Type) && seen.Has(input.Name)).ToDictionary(input => input.Name, input =>
            is_floating_point(TorchTensors.TypeOf(input.Type)) ? rand([.. seen[input.Name]], generator: generator).to_type(TorchTensors.TypeOf(input.Type)) : ones([.. seen[input.Name]], TorchTensors.TypeOf(input.Type)));
        using Network small = new(smaller), twin = new(removal.Mask(model));
        var (made, expected) = (small.Run(random), twin.Run(random));
        foreach (var (value, one, other) in model.Graph.Outputs.Zip(made, expected))
        {
            if (one.shape.SequenceEqual(other.shape) && (one.numel() == 0 || !one.is_floating_point() || Difference(one, other) is not > Most)) continue;
            throw new SecateurException($"{output}: without the units output '{value.Name}' is not what it is with zeros in their place, so nothing was written; this is a fault of Secateur's, keep layers with --keep until it is gone");
        }
        report("checking the removal", 1, "the same as with zeros in place of the units");

        static double Difference(Tensor one, Tensor other) => ((one - other).abs().max().to(ScalarType.Float64) / other.abs().max().to(ScalarType.Float64).clamp_min(1e-6)).item<double>();
    }

    public void Dispose()
    {
        map.Dispose();
        foreach (var other in Enumerable.Reverse(others)) other.Dispose();
    }

    private StructureMap MapOf(Network network)
    {
        if (integers is null) return StructureMap.Of(network, inputs);
        var whole = new Network(integers);
        others.Add(whole);
        return StructureMap.Of(whole, inputs, network);
    }

    private UnitBudget Made(CostFunction cost, string unit, double share)
    {
        int[] all = [.. groups.Select(group => (int)group.Size)];
        var dense = cost.At(all);
        return new(cost, dense, share * dense, unit);
    }
}
