using System.Collections.Immutable;
using System.IO.Enumeration;
using Secateur.Execution;
using Secateur.Granularities;
using Secateur.Onnx.Proto;
using Secateur.Operators;

namespace Secateur.Pruning;

/// <summary>What shall happen to one tensor of the model, and why.</summary>
/// <param name="Tensor">Its name.</param>
/// <param name="Node">The first node that reads it.</param>
/// <param name="Weight">Null for all that is no weight.</param>
/// <param name="Prune">Whether units of it may go.</param>
/// <param name="Why">For the plan and the report.</param>
/// <param name="Own">A sparsity of its own, outside the allocation.</param>
/// <param name="Most">The largest sparsity that the allocation may give it.</param>
internal sealed record Choice(string Tensor, string Node, Weight? Weight, bool Prune, string Why, double? Own = null, double Most = 1)
{
    /// <summary>Decides for every tensor of the network, in the graph's order.</summary>
    /// <exception cref="SecateurException">A pattern of the recipe matches no layer; the message lists what there is.</exception>
    public static ImmutableArray<Choice> Of(Network network, Recipe recipe, Granularity granularity)
    {
        CheckPatterns(network, recipe);
        var weights = network.Weights.ToDictionary(weight => weight.Name);
        var ends = Limits(network, recipe.Ends);
        var uses = LearnedUse.Of(network.Model).ToLookup(use => use.Name);
        return
        [
            .. network.Constants.Keys.Where(network.Graph.Consumers.ContainsKey)
                .OrderBy(name => network.Graph.AllNodes.IndexOf(network.Graph.Consumers[name][0]))
                .Select(name => weights.TryGetValue(name, out var weight) ? OfWeight(weight, recipe, granularity, ends) : OfOther(network, name, uses[name].FirstOrDefault())),
        ];
    }

    private static Choice OfWeight(Weight weight, Recipe recipe, Granularity granularity, Dictionary<Weight, (double Most, string Why)> ends)
    {
        Choice Kept(string why) => new(weight.Name, weight.Node.Name, weight, false, why);
        Choice Pruned(string why, double? own = null, double most = 1) => new(weight.Name, weight.Node.Name, weight, true, why, own, most);
        if (recipe.Keep.FirstOrDefault(pattern => Matches(pattern, weight)) is { } keep) return Kept($"left alone by keep: {keep}");
        if (granularity.Unfit(weight) is { } unfit) return Kept(unfit);
        foreach (var (pattern, sparsity) in recipe.Layers)
            if (Matches(pattern, weight)) return Pruned($"sparsity {sparsity:0.###} set by layers: {pattern}", sparsity);
        if (granularity.FixedSparsity is { } own) return Pruned($"{recipe.Granularity} removes {own:0.###} of it", own);
        if (!ends.TryGetValue(weight, out var end)) return Pruned($"{recipe.Allocation} allocation");
        return end.Most == 0 ? Kept(end.Why) : Pruned($"{recipe.Allocation} allocation, {end.Why}", most: end.Most);
    }

    private static Choice OfOther(Network network, string name, LearnedUse? use)
    {
        var node = network.Graph.Consumers[name][0];
        var why = use is { Unfit: { Length: > 0 } unfit } ? unfit
            : use is not null && network.Parameters.ContainsKey(name)
            ? use.Role.Kind switch
            {
                LearnedKind.Bias => "biases are never pruned: they are few and each shifts a whole unit",
                LearnedKind.Scale => "scales of normalization are never pruned: each carries a whole channel",
                LearnedKind.Embedding => "embeddings are looked up, not multiplied: zeros there save no work",
                _ => "is not a weight",
            }
            : TorchTensors.IsLearnable((TensorProto.Types.DataType)network.Graph.Constants[name].DataType)
                ? "is a constant of the computation, not learned"
                : $"is of type {(TensorProto.Types.DataType)network.Graph.Constants[name].DataType}, not a weight of float32, float64, float16 or bfloat16";
        return new(name, node.Name, null, false, why);
    }

    private static Dictionary<Weight, (double, string)> Limits(Network network, Ends ends)
    {
        Dictionary<Weight, (double, string)> limits = [];
        if (ends == Ends.All || network.Weights.Length < 3) return limits;
        var total = network.Weights.Sum(weight => weight.Elements);
        var (first, last) = (network.Weights[0], network.Weights[^1]);
        if (first.Node.OpType == "Conv" && first.Elements * 100 < total)
            limits[first] = (0, "the first convolution stays dense: under 1 % of the weights, and all else depends on it (Gale et al. 2019; --ends all prunes it)");
        limits[last] = (0.8, "the last layer keeps at least 20 % (Gale et al. 2019; --ends all lifts it)");
        return limits;
    }

    private static void CheckPatterns(Network network, Recipe recipe)
    {
        foreach (var pattern in recipe.Keep.Concat(recipe.Layers.Keys))
            if (!network.Weights.Any(weight => Matches(pattern, weight)))
                throw new SecateurException($"layer pattern '{pattern}': matches no weight of {network.Model.Path}; its weights are "
                    + string.Join(", ", network.Weights.Take(12).Select(weight => weight.Name)) + (network.Weights.Length > 12 ? ", ... (see inspect)" : ""));
    }

    private static bool Matches(string pattern, Weight weight) =>
        FileSystemName.MatchesSimpleExpression(pattern, weight.Name, ignoreCase: false)
        || FileSystemName.MatchesSimpleExpression(pattern, weight.Node.Name, ignoreCase: false);
}
