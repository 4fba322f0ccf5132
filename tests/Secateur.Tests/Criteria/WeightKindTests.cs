using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using Secateur.Tests.Tasks;
using Secateur.Training;
using static TorchSharp.torch;

namespace Secateur.Tests.Criteria;

/// <summary>Each criterion on a weight as each operator lays it out.</summary>
[Collection(nameof(Evaluation.Alone))]
public class WeightKindTests
{
    public WeightKindTests() => Threads.Use(1);

    public static TheoryData<string> Kinds => [.. Layers.Keys];

    private static readonly Dictionary<string, (NodeProto[] Nodes, long[] Shape, long Outputs)> Layers = new()
    {
        ["depthwise Conv"] = ([SmallGraphs.Node("Conv", ["h", "w"], ["c"], ("group", 4L)), SmallGraphs.Node("GlobalAveragePool", ["c"], ["p"])], [4, 1, 3, 3], 4),
        ["grouped Conv"] = ([SmallGraphs.Node("Conv", ["h", "w"], ["c"], ("group", 2L)), SmallGraphs.Node("GlobalAveragePool", ["c"], ["p"])], [4, 2, 3, 3], 4),
        ["ConvTranspose"] = ([SmallGraphs.Node("ConvTranspose", ["h", "w"], ["c"]), SmallGraphs.Node("GlobalAveragePool", ["c"], ["p"])], [4, 4, 2, 2], 4),
        ["grouped ConvTranspose"] =
            ([SmallGraphs.Node("ConvTranspose", ["h", "w"], ["c"], ("group", 2L)), SmallGraphs.Node("GlobalAveragePool", ["c"], ["p"])], [4, 2, 2, 2], 2),
        ["Gemm"] = ([SmallGraphs.Node("Flatten", ["h"], ["f"]), SmallGraphs.Node("Gemm", ["f", "w"], ["p"])], [256, 4], 4),
        ["Gemm transB"] = ([SmallGraphs.Node("Flatten", ["h"], ["f"]), SmallGraphs.Node("Gemm", ["f", "w"], ["p"], ("transB", 1L))], [4, 256], 4),
        ["Gemm of a constant A"] = (
            [
                SmallGraphs.Node("Flatten", ["h"], ["f"]), SmallGraphs.Node("Gemm", ["w", "f"], ["g"], ("transB", 1L)),
                SmallGraphs.Node("Transpose", ["g"], ["p"], ("perm", new long[] { 1, 0 })),
            ],
            [4, 256], 4),
        ["MatMul"] = ([SmallGraphs.Node("Flatten", ["h"], ["f"]), SmallGraphs.Node("MatMul", ["f", "w"], ["p"])], [256, 4], 4),
    };

    [Theory, MemberData(nameof(Kinds))]
    public void Scores_are_finite_not_negative_and_a_matrix_of_outputs_by_inputs(string kind)
    {
        using var scope = NewDisposeScope();
        using var data = SmallPictures.Open();
        var (nodes, shape, outputs) = Layers[kind];
        using var network = Nets.Of(
            [
                SmallGraphs.Node("Conv", ["input", "first"], ["r"], ("kernel_shape", new long[] { 1, 1 })), SmallGraphs.Node("Relu", ["r"], ["h"]),
                .. nodes, SmallGraphs.Node("Flatten", ["p"], ["y"]),
            ],
            [4, 1, 8, 8], [("first", [4, 1, 1, 1]), ("w", shape)], 2, "input");
        var weight = network.Weights.Single(weight => weight.Name == "w");
        Assert.Equal(outputs, weight.Outputs);
        foreach (var (name, criterion) in Criterion.All)
        {
            using var statistics = Calibration.Collect(network, Learning.Of(network, data.Train), data.Train, criterion.Needs, 8, 1, _ => { }, TestContext.Current.CancellationToken);
            var scores = criterion.Score(weight, statistics);
            Assert.Equal([outputs, weight.Elements / outputs], scores.shape);
            Assert.True(scores.isfinite().all().item<bool>() && scores.ge(0).all().item<bool>() && scores.sum().item<float>() > 0, name);
            Assert.Equal(weight.Shape, weight.FromMatrix(scores).shape);
        }
    }
}
