using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;

namespace Secateur.Evaluation;

/// <summary>Multiply-accumulates of a model for one example.</summary>
/// <param name="Total">Of all nodes.</param>
/// <param name="ByWeight">Of the nodes that use a weight; a node with two weights counts for its first.</param>
internal sealed record Work(long Total, IReadOnlyDictionary<string, long> ByWeight)
{
    /// <param name="model">The model.</param>
    /// <param name="shapes">Of a run with one example, or with the batch that the file fixes.</param>
    public static Work Of(OnnxModel model, Shapes shapes)
    {
        var batch = model.Graph.Inputs.Select(input => input.Shape is [{ } first, ..] ? first : 1).FirstOrDefault(1);
        var weights = LearnedTensor.Of(model).Where(tensor => tensor.Kind == LearnedKind.Weight).Select(tensor => tensor.Name).ToHashSet();
        var used = LearnedUse.Of(model).Where(use => weights.Contains(use.Name)).OrderBy(use => use.Role.Input).ToLookup(use => use.Node, use => use.Name);
        var total = 0L;
        Dictionary<string, long> byWeight = [];
        foreach (var node in model.Graph.AllNodes)
        {
            if (shapes.Runs(node) is not (> 0 and var runs)) continue;
            var macs = runs * Operator.For(node, model.Path).Macs(node, shapes);
            total += macs;
            if (used[node].FirstOrDefault() is { } weight) byWeight[weight] = byWeight.GetValueOrDefault(weight) + macs;
        }
        return new(total / batch, byWeight.ToDictionary(pair => pair.Key, pair => pair.Value / batch));
    }
}
