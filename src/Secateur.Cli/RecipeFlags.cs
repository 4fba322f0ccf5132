using System.Collections.Immutable;
using System.CommandLine;
using Secateur.Allocations;
using Secateur.Criteria;
using Secateur.Granularities;
using Secateur.Schedules;
using Secateur.Structure;

namespace Secateur.Cli;

/// <summary>What is pruned, how, and how far; each flag overrides one value of a recipe.</summary>
internal static class RecipeFlags
{
    private static readonly Option<string?> File = new("--recipe") { HelpName = "F", Description = "a recipe in YAML; flags override its values" };
    private static readonly Option<string?> CriterionName = new("--criterion") { HelpName = "C", Description = string.Join(", ", Criterion.All.Keys.Order()) };
    private static readonly Option<string?> GranularityName = new("--granularity") { HelpName = "G", Description = string.Join(", ", Granularity.All.Keys.Concat(UnitKinds.All.Keys.Order())) };
    private static readonly Option<string?> AllocationName = new("--allocation") { HelpName = "A", Description = string.Join(", ", Allocation.All.Keys.Order()) };
    private static readonly Option<string?> ScheduleName = new("--schedule") { HelpName = "S", Description = string.Join(", ", Schedule.All.Keys.Order()) };

    private static readonly Option<When?> WhenTo = new("--when")
    {
        HelpName = "before|during|after",
        Description = "prune before, during or after training",
        CustomParser = Values.Word(("before", When.Before), ("during", When.During), ("after", When.After)),
    };

    private static readonly Option<int?> Rounds = new("--rounds") { HelpName = "N", Description = "prune and fine-tune so often", CustomParser = Values.Int(1, 1000) };
    private static readonly Option<double?> Sparsity = new("--sparsity") { HelpName = "X", Description = "the fraction of weights to remove: 0.9 or 90%", CustomParser = Values.Fraction(whole: false) };
    private static readonly Option<long?> Size = new("--size") { HelpName = "B", Description = "the largest output file: 120000, 120KB, 1.5MB", CustomParser = Values.Bytes };
    private static readonly Option<double?> MaxDrop = new("--max-drop") { HelpName = "P", Description = "the largest loss of quality: 0.01 or 1%", CustomParser = Values.Fraction(whole: false) };

    private static readonly Option<double?> Macs = new("--macs") { HelpName = "M", Description = "structure: the most multiply-accumulates of one example: 50% of the dense model's, or 20M", CustomParser = Values.Amount };
    private static readonly Option<double?> Speedup = new("--speedup") { HelpName = "R", Description = "structure: how many times faster in ONNX Runtime: 2 or 2x", CustomParser = Values.Times };
    private static readonly Option<double?> Latency = new("--latency") { HelpName = "T", Description = "structure: the longest that one example may take in ONNX Runtime, in milliseconds: 5 or 5ms", CustomParser = Values.Milliseconds };
    private static readonly Option<string?> LatencyTable = new("--latency-table") { HelpName = "F", Description = "structure: latencies of layers, made on another machine by benchmark --export-table" };
    private static readonly Option<int?> RoundTo = new("--round-to") { HelpName = "N", Description = "structure: leave widths at a multiple of N", CustomParser = Values.Int(1, 1024) };
    private static readonly Option<double?> LeastKept = new("--least-kept") { HelpName = "X", Description = "structure: the share of every group that stays at least: 0.1 or 10%", CustomParser = Values.Fraction(whole: true) };

    private static readonly Option<GroupReduction?> Reduction = new("--group-score")
    {
        HelpName = "mean|sum|max|l2",
        Description = "structure: how the scores of a unit's weights become its own",
        CustomParser = Values.Word(("mean", GroupReduction.Mean), ("sum", GroupReduction.Sum), ("max", GroupReduction.Max), ("l2", GroupReduction.L2)),
    };

    private static readonly Option<GroupScale?> Scale = new("--group-scale")
    {
        HelpName = "none|mean|max|sum",
        Description = "structure: by what of their group units are divided before groups are compared",
        CustomParser = Values.Word(("none", GroupScale.None), ("mean", GroupScale.Mean), ("max", GroupScale.Max), ("sum", GroupScale.Sum)),
    };

    private static readonly Option<Dictionary<string, string>?> Layers = new("--layer")
    {
        HelpName = "NAME=SPARSITY",
        Description = "the sparsity of one layer, by name or pattern; may be given again",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = Values.Pairs(text => Fraction.TryParse(text, false, out _, out _) ? text : null, "NAME=SPARSITY such as fc1*=0.9"),
    };

    private static readonly Option<string[]> Keep = new("--keep")
    {
        HelpName = "PATTERN",
        Description = "a layer to leave alone, by name or pattern; may be given again",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<Ends?> AtEnds = new("--ends")
    {
        HelpName = "literature|all",
        Description = "whether the first and last layers stay denser, as in the literature, or all are pruned alike",
        CustomParser = Values.Word(("literature", Ends.Literature), ("all", Ends.All)),
    };

    private static readonly Option<Storage?> StoreAs = new("--storage")
    {
        HelpName = "dense|sparse",
        Description = "write zeros like other weights, or only what is left where that is smaller",
        CustomParser = Values.Word(("dense", Storage.Dense), ("sparse", Storage.Sparse)),
    };

    private static readonly Option<int?> Calibration = new("--calibration") { HelpName = "N", Description = "examples that criteria look at", CustomParser = Values.Int(1, 10_000_000) };
    private static readonly Option<bool?> Reconstruct = new("--reconstruct") { HelpName = "true|false", Description = "fit what stays of each weight to what its layer gave before (least squares)" };
    private static readonly Option<bool?> Baselines = new("--baselines") { HelpName = "true|false", Description = "measure random pruning, uniform magnitude and a small dense model beside it" };

    public static Command WithRecipe(this Command command)
    {
        foreach (var flag in (Option[])[File, CriterionName, GranularityName, AllocationName, ScheduleName, WhenTo, Rounds, Sparsity, Size, MaxDrop, Macs, Speedup, Latency, LatencyTable, RoundTo, LeastKept, Reduction, Scale, Layers, Keep, AtEnds, StoreAs])
            command.Add(flag);
        command.WithTask().WithTraining(teacher: true);
        command.Add(Calibration);
        command.Add(Reconstruct);
        command.Add(Baselines);
        return command;
    }

    /// <summary>The recipe of the file, or the defaults, with what the flags say put over it.</summary>
    /// <exception cref="SecateurException">The file is no recipe.</exception>
    public static Recipe Recipe(ParseResult request)
    {
        var recipe = request.GetValue(File) is { } file ? RecipeFile.Load(file) : new Recipe();
        if (((Option[])[Sparsity, Size, MaxDrop, Macs, Speedup, Latency]).Any(target => request.GetResult(target) is not null))
        {
            recipe = recipe with
            {
                Sparsity = request.GetValue(Sparsity),
                Size = request.GetValue(Size),
                MaxDrop = request.GetValue(MaxDrop),
                Macs = request.GetValue(Macs),
                Speedup = request.GetValue(Speedup),
                Latency = request.GetValue(Latency),
            };
        }
        if (request.GetValue(CriterionName) is { } criterion) recipe = recipe with { Criterion = criterion };
        if (request.GetValue(AllocationName) is { } allocation) recipe = recipe with { Allocation = allocation };
        var (task, metric) = TaskFlags.Of(request);
        return recipe with
        {
            Task = task ?? recipe.Task,
            Metric = metric ?? recipe.Metric,
            Granularity = request.GetValue(GranularityName) ?? recipe.Granularity,
            Reconstruct = request.GetValue(Reconstruct) ?? recipe.Reconstruct,
            Schedule = request.GetValue(ScheduleName) ?? recipe.Schedule,
            When = request.GetValue(WhenTo) ?? recipe.When,
            Rounds = request.GetValue(Rounds) ?? recipe.Rounds,
            LatencyTable = request.GetValue(LatencyTable) ?? recipe.LatencyTable,
            RoundTo = request.GetValue(RoundTo) ?? recipe.RoundTo,
            LeastKept = request.GetValue(LeastKept) ?? recipe.LeastKept,
            GroupReduction = request.GetValue(Reduction) ?? recipe.GroupReduction,
            GroupScale = request.GetValue(Scale) ?? recipe.GroupScale,
            Layers = recipe.Layers.SetItems((request.GetValue(Layers) ?? []).Select(pair => KeyValuePair.Create(pair.Key, Share(pair.Value)))),
            Keep = request.GetValue(Keep) is { Length: > 0 } keep ? [.. keep] : recipe.Keep,
            Ends = request.GetValue(AtEnds) ?? recipe.Ends,
            Storage = request.GetValue(StoreAs) ?? recipe.Storage,
            CalibrationExamples = request.GetValue(Calibration) ?? recipe.CalibrationExamples,
            Baselines = request.GetValue(Baselines) ?? recipe.Baselines,
            Training = request.Over(recipe.Training),
            Seed = request.GetValue(GlobalOptions.Seed) ?? recipe.Seed,
        };
    }

    private static double Share(string text) => Fraction.TryParse(text, false, out var value, out _) ? value : throw new ArgumentException(text, nameof(text));
}
