using System.Collections.Immutable;
using Secateur.Onnx;
using Secateur.Operators;

namespace Secateur.Evaluation;

/// <summary>A constant that training changes, as its first user sees it.</summary>
internal sealed record LearnedTensor(string Name, Node Node, LearnedKind Kind, int OutputAxis)
{
    /// <summary>Each once, in the order of the nodes; of any element type.</summary>
    public static ImmutableArray<LearnedTensor> Of(OnnxModel model) =>
    [
        .. model.Graph.Nodes.SelectMany(node => Operator.For(node, model.Path).Learned(node)
                .Where(role => node.HasInput(role.Input) && model.Graph.Constants.ContainsKey(node.Inputs[role.Input]))
                .Select(role => new LearnedTensor(node.Inputs[role.Input], node, role.Kind, role.OutputAxis)))
            .DistinctBy(tensor => tensor.Name),
    ];
}
