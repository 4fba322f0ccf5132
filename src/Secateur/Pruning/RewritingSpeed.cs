using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Structure.Budget;
using TorchSharp;

namespace Secateur.Pruning;

/// <summary>How much work a model that is written anew may keep for a speed: candidates of fewer and fewer multiply-accumulates are measured beside the dense model.</summary>
/// <param name="path">The dense model's file.</param>
/// <param name="recipe">Checked; asks for a speed.</param>
/// <param name="inputs">Shapes of one example's inputs; null takes usual ones.</param>
/// <param name="folder">Where candidates are written, and what was found is kept, so that a run that was killed ends alike.</param>
/// <param name="report">Told of measurements.</param>
/// <param name="cancel">Looked at between them.</param>
internal sealed class RewritingSpeed(string path, Recipe recipe, IReadOnlyDictionary<string, long[]>? inputs, RunFolder folder, Action<string, double, string> report, CancellationToken cancel)
{
    private const string KeptShare = "share of the work for the speed";

    /// <summary>The recipe with the share of the multiply-accumulates that it comes to; as it is where it asks for no speed.</summary>
    /// <param name="make">The model within a recipe that asks for such a share; refuses what cannot be so little.</param>
    /// <exception cref="SecateurException">It cannot be so fast; the message says how fast it can be.</exception>
    public Recipe Met(Func<Recipe, OnnxModel> make)
    {
        Recipe Of(double share) => recipe with { Speedup = null, Latency = null, Macs = Math.Min(1, share) };
        if (recipe is { Speedup: null, Latency: null }) return recipe;
        if (folder.Number(KeptShare) is { } known) return Of(known);
        var settings = new BenchmarkSettings { Threads = torch.get_num_threads(), Shapes = inputs };
        var dense = recipe.Latency is null ? 0 : LatencyBenchmark.Run([path], settings, null, cancel).Results[0].MedianMs;
        var target = recipe.Speedup ?? (dense / recipe.Latency!.Value);
        if (target <= 1) return recipe with { Speedup = null, Latency = null, Sparsity = 0 };
        HashSet<string> files = [];
        var tries = SpeedupSearch.Run(target, speed =>
        {
            var made = make(Of(1 / speed));
            var file = folder.Put($"speed-{made.Hash()[..12]}.onnx", made);
            files.Add(file);
            return file;
        }, file => SpeedupSearch.Measure(path, file, settings, cancel), new Telling(report), cancel).Tries;
        foreach (var file in files) File.Delete(file);
        var met = tries.Where(one => one.Measured >= target * (1 - SpeedupSearch.Tolerance)).MinBy(one => one.Measured);
        if (met is null)
        {
            var most = tries.Max(one => one.Measured);
            throw new SecateurException($"{path}: {(recipe.Latency is { } ms ? $"{ms:0.####} ms" : $"a speed of {target:0.##}x")} cannot be met by granularity {recipe.Granularity}: "
                + $"the fastest that could be made is measured {most:0.##} times as fast{(dense > 0 ? $", {dense / most:0.####} ms" : "")}; ask for no more, or take another --granularity");
        }
        folder.SetNumber(KeptShare, 1 / met.Predicted);
        return Of(1 / met.Predicted);
    }
}
