using System.Collections.Immutable;
using Secateur.Onnx;
using Secateur.Operators;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Evaluation;

/// <summary>A constant that training changes, as its first user sees it.</summary>
internal sealed record LearnedTensor(string Name, Node Node, LearnedKind Kind, int OutputAxis)
{
    /// <summary>Each once, in the order of the nodes; of any floating type.</summary>
    public static ImmutableArray<LearnedTensor> Of(OnnxModel model) =>
    [
        .. model.Graph.AllNodes.SelectMany(node => Operator.For(node, model.Path).Learned(node)
                .Where(role => role.Kind != LearnedKind.Statistic && node.HasInput(role.Input) && model.Graph.Constants.TryGetValue(node.Inputs[role.Input], out var constant) && role.Fits(constant)
                    && constant.Type() is DataType.Float or DataType.Double or DataType.Float16 or DataType.Bfloat16)
                .Select(role => new LearnedTensor(node.Inputs[role.Input], node, role.Kind, role.OutputAxis)))
            .DistinctBy(tensor => tensor.Name),
    ];
}
