using Google.Protobuf;
using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using Secateur.Testing.Fuzzing;
using static Secateur.Testing.SmallGraphs;

namespace Secateur.Tests.Execution;

/// <summary>What damaged files have brought to light (issue 4): each runs, or says in a line why not.</summary>
public sealed class FuzzFaultTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("secateur-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_weight_that_is_its_layers_bias_too_is_no_layer_that_may_go()
    {
        var model = Of(17, [Node("Relu", ["x"], ["h"]), Node("Gemm", ["h", "w", "w"], ["g"]), Node("Tanh", ["g"], ["y"])], [TensorData.Of("x", new float[16], 4, 4)], [Weight("w", 4, 4)], ["y"]);
        Assert.Equal(FuzzOutcome.Ran, Tried(model.Proto));
        var branch = Assert.Single(Inspection.Of(model).Groups, group => group.Kind == "layer");
        Assert.Contains("'w' is read in two places", branch.Why);
    }

    [Theory]
    [InlineData("q")]
    [InlineData("", "s")]
    public void Integers_without_a_scale_or_a_scale_without_integers_stand_for_no_weight(params string[] inputs) =>
        Assert.Equal(FuzzOutcome.Loaded, Tried(Of(13, [Node("DequantizeLinear", inputs, ["w"]), Node("MatMul", ["x", "w"], ["y"])],
            [TensorData.Of("x", new float[8], 2, 4)], [Tensor<sbyte>("q", TensorProto.Types.DataType.Int8, new sbyte[16], 4, 4), TensorData.Of("s", [0.1f])], ["y"]).Proto));

    [Fact]
    public void Axes_counted_from_the_end_are_the_same_axes()
    {
        OnnxModel Net(params long[] perm) => Of(17, [Node("MatMul", ["x", "w1"], ["h"]), Node("Transpose", ["h"], ["t"], ("perm", perm)), Node("MatMul", ["w2", "t"], ["y"])],
            [TensorData.Of("x", new float[24], 2, 3, 4)], [Weight("w1", 4, 6), Weight("w2", 5, 6)], ["y"]);
        var (given, meant) = (Inspection.Of(Net(0, -1, 1)), Inspection.Of(Net(0, 2, 1)));
        Assert.Equal(meant.Groups.Select(group => (group.Name, group.Size, group.Why)), given.Groups.Select(group => (group.Name, group.Size, group.Why)));
    }

    [Fact]
    public void Axes_beside_one_of_none_may_not_be_beyond_all_bounds_either() => Assert.Contains("'none' has the impossible shape [0, ", Assert.Throws<SecateurException>(() =>
        Of(17, [Node("Identity", ["x"], ["y"])], [TensorData.Of("x", new float[4], 4)], [new TensorProto { Name = "none", DataType = 1, Dims = { 0, 1L << 40, 1L << 40 } }], ["y"])).Message);

    private static TensorProto Weight(string name, params long[] shape) => TensorData.Of(name, [.. Enumerable.Range(0, (int)shape.Aggregate((one, other) => one * other)).Select(i => (i % 7) - 3f)], shape);

    private FuzzOutcome Tried(ModelProto proto)
    {
        var path = Path.Combine(folder, "damaged.onnx");
        File.WriteAllBytes(path, proto.ToByteArray());
        return FuzzCase.Run(path);
    }
}
