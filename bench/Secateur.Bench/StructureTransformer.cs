using System.Globalization;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Structure.Budget;

namespace Secateur.Bench;

/// <summary>A small transformer without half of its heads and half of its MLPs' neurons, and with fewer and fewer layers.</summary>
internal static class StructureTransformer
{
    private const string Architecture = "vit-small";

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        using var data = StructureAccuracy.Open(1);
        var dense = Accuracy.Dense(Architecture, StructureAccuracy.DataName, data, 1, settings);
        var recipe = StructureAccuracy.Recipe("structure-transformer.yaml", 1, settings);
        var (heads, half, few) = (Output("heads"), Output("half"), Output("layers"));
        ledger.Cell("nothing", settings.Command, () => StructureAccuracy.Prune(dense, recipe with { Granularity = "unstructured", Sparsity = 0 }, data, Output("same")).Cell);
        ledger.Cell("half of the heads", settings.Command, () => StructureAccuracy.Prune(dense, Part(dense, recipe, UnitKind.Head, 0.5), data, heads).Cell);
        ledger.Cell("half of the neurons of that", settings.Command, () => StructureAccuracy.Prune(heads, Part(heads, recipe, UnitKind.Channel, 0.5), data, half).Cell);
        ledger.Cell("half of both, from dense", settings.Command, () =>
        {
            var whole = Evaluator.Run([dense, half], data.Test, new EvaluationSettings(), null, default).Results;
            var (before, after) = (ModelFile.Facts(dense, new Network(OnnxModel.Load(dense))), ModelFile.Facts(half, new Network(OnnxModel.Load(half))));
            return new()
            {
                ["dense"] = whole[0].Value,
                ["pruned"] = whole[1].Value,
                ["macs"] = (double)before.Macs / after.Macs,
                ["parameters"] = (double)before.Parameters / after.Parameters,
                ["faster, 1 threads"] = StructureAccuracy.Faster(dense, half, 1),
                ["faster, 2 threads"] = StructureAccuracy.Faster(dense, half, 2),
                ["seconds"] = 0,
            };
        });
        ledger.Cell("half of the work in whole branches", settings.Command, () =>
        {
            var (result, cell) = StructureAccuracy.Prune(dense, new Recipe { Granularity = "layer", Macs = 0.5, Seed = 1, Training = recipe.Training }, data, few);
            foreach (var (place, layer) in result.LayersDropped.Index()) cell[string.Create(CultureInfo.InvariantCulture, $"held out without {place + 1} branches, before fine-tuning ({layer.Name})")] = layer.Quality ?? double.NaN;
            return cell;
        });
        ledger.Table("A transformer with half of its heads and neurons", settings.Command, "The vision transformer of 4 layers, 4 heads of 16 and 128 neurons, on Fashion-MNIST, 10,000 test examples in ONNX Runtime; recipe bench/recipes/structure-transformer.yaml, "
            + "run twice where heads go first and neurons then. `nothing`: what one such fine-tuning gains alone. Goal: within 1 point with half of both. Dropped branches, one by one, as the report's curve shows them, on the held-out part: "
            + string.Join(", ", ledger.Cells["half of the work in whole branches"].Where(pair => pair.Key.StartsWith("held out", StringComparison.Ordinal)).Select(pair => $"{pair.Key["held out ".Length..]} {Ledger.Percent(pair.Value)}")) + ".",
            [StructureAccuracy.Heads("what went"), .. ledger.Cells.Select(cell => StructureAccuracy.Row(cell.Key, cell.Value))]);
    }

    /// <summary>The recipe that leaves a share of every group of a kind.</summary>
    internal static Recipe Part(string path, Recipe recipe, UnitKind kind, double share)
    {
        var model = OnnxModel.Load(path);
        using var network = new Network(model);
        using var map = StructureMap.Of(network);
        var (shapes, groups) = (Shapes.Of(network), map.Groups.Where(group => group.Held is null && group.Kind == kind).ToArray());
        var macs = Costs.Macs(model, shapes, Shrinkage.Of(map, groups, shapes)).At([.. groups.Select(group => (int)Math.Round(share * group.Size))]);
        return recipe with { Granularity = kind.Word(), Allocation = "uniform", Macs = macs, RoundTo = 1 };
    }

    private static string Output(string name) => Path.Combine("out", "bench", $"{Architecture}.{name}.onnx");
}
