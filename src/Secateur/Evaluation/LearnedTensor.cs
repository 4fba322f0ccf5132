using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;

namespace Secateur.Evaluation;

/// <summary>A constant that training changes, as its first user sees it.</summary>
/// <param name="OutputAxis">Of a weight: the file's axis that counts the outputs; -1 where that is no whole axis.</param>
/// <param name="Unfit">Why a weight cannot be pruned; empty where it can.</param>
internal sealed record LearnedTensor(string Name, Node Node, LearnedKind Kind, int OutputAxis, string Unfit)
{
    /// <summary>Each once, in the order of the nodes; of any floating type.</summary>
    public static ImmutableArray<LearnedTensor> Of(OnnxModel model) =>
    [
        .. LearnedUse.Of(model).Where(use => use.Role.Kind != LearnedKind.Statistic)
            .Select(use => new LearnedTensor(use.Name, use.Node, use.Role.Kind, OutputAxisOf(use), use.Unfit))
            .DistinctBy(tensor => tensor.Name),
    ];

    private static int OutputAxisOf(LearnedUse use) => use.Role.Kind != LearnedKind.Weight ? use.Role.OutputAxis
        : use.Unfit.Length > 0 ? -1
        : use.IsDirect ? use.Role.OutputAxis : use.Layout!.OwnAxis(use.Role.OutputAxis);
}
