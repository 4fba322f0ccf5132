using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Structure;

namespace Secateur.Evaluation;

/// <summary>Slices that can only go together: the outputs of weights, with all that is tied to them.</summary>
/// <param name="Name">The first weight whose outputs these are.</param>
/// <param name="Size">Units: indices that could be removed one by one.</param>
/// <param name="Members">Axes of constants, such as <c>fc1.weight[0]</c>.</param>
/// <param name="Free">Whether units may be removed.</param>
/// <param name="Why">Why not; empty where they may.</param>
public sealed record InspectedGroup(string Name, long Size, ImmutableArray<string> Members, bool Free, string Why)
{
    internal static ImmutableArray<InspectedGroup> Of(OnnxModel model, Shapes shapes)
    {
        var graph = model.Graph;
        var ties = new Ties();
        foreach (var node in graph.AllNodes.Where(node => shapes.Runs(node) > 0)) Operator.For(node, model.Path).Tie(node, shapes, ties);
        var sets = ties.Sets().Select(set => (Axes: set.Axes.ToHashSet(), set.Free)).ToArray();
        var order = graph.Constants.Keys.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        HashSet<Axis> told = [];
        var groups = ImmutableArray.CreateBuilder<InspectedGroup>();
        foreach (var weight in LearnedTensor.Of(model).Where(tensor => tensor.Kind == LearnedKind.Weight))
        {
            var output = new Axis(weight.Name, weight.OutputAxis);
            if (told.Contains(output) || sets.FirstOrDefault(set => set.Axes.Contains(output)) is not { Axes: { } axes } set) continue;
            told.UnionWith(axes);
            var why = set.Free ? Edge(graph, axes, shapes) : Blocker(model, shapes, axes);
            var members = axes.Where(axis => order.ContainsKey(axis.Tensor)).OrderBy(axis => order[axis.Tensor]).ThenBy(axis => axis.Index);
            groups.Add(new(weight.Name, shapes[weight.Name][weight.OutputAxis], [.. members.Select(Text)], why.Length == 0, why));
        }
        return groups.ToImmutable();
    }

    private static string Edge(Graph graph, HashSet<Axis> axes, Shapes shapes)
    {
        if (graph.Outputs.SelectMany(value => Axes(value.Name, shapes)).FirstOrDefault(axes.Contains) is { Tensor: not null } output)
            return $"they are the model's output {Text(output)}";
        return graph.Inputs.SelectMany(value => Axes(value.Name, shapes)).FirstOrDefault(axes.Contains) is { Tensor: not null } input
            ? $"they are the model's input {Text(input)}"
            : "";
    }

    // the node that, asked alone, lets none of its axes shrink
    private static string Blocker(OnnxModel model, Shapes shapes, HashSet<Axis> axes)
    {
        foreach (var node in model.Graph.AllNodes.Where(node => shapes.Runs(node) > 0))
        {
            var own = new Ties();
            Operator.For(node, model.Path).Tie(node, shapes, own);
            if (own.Sets().Any(set => !set.Free && set.Axes.Any(axes.Contains)))
                return $"node '{node.Name}' ({node.OpType}) does not say how its axes are tied";
        }
        return "its axes are tied in a way that lets none shrink";
    }

    private static IEnumerable<Axis> Axes(string name, Shapes shapes) => Enumerable.Range(0, shapes[name].Length).Select(index => new Axis(name, index));

    private static string Text(Axis axis) => $"{axis.Tensor}[{axis.Index}]";
}
