using CsCheck;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using Secateur.Structure;
using Secateur.Testing;
using Secateur.Tests.Structure;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>What an operator says of its axes, tried by removing indices of all that may shrink.</summary>
public sealed class TieTests
{
    public static TheoryData<string> Types => OperatorTests.Types;

    public static TheoryData<string> All => [.. Operator.All.Keys.Order(StringComparer.Ordinal)];

    /// <summary>A node's operands are constants, its results are weighed and summed up: removed equals masked.</summary>
    [Theory, MemberData(nameof(Types))]
    public void Removed_equals_masked(string type)
    {
        foreach (var one in OperatorCase.All.Where(one => one.Type == type)) Gen.Int[0, 1 << 20].Sample(seed => Check(one, seed), iter: 8, threads: 1);
    }

    /// <summary>An operator lets an axis shrink in one of its cases at least, or says why it does not.</summary>
    [Theory, MemberData(nameof(All))]
    public void An_axis_is_free_or_the_operator_says_why_not(string type)
    {
        if (Operator.All[type].WhyWhole != Operator.Unsaid || type == "Constant") return; // no operands
        Assert.Contains(OperatorCase.All.Where(one => one.Type == type).SelectMany(one => Enumerable.Range(0, 12).Select(seed => (one, seed))), drawn => IsFree(drawn.one, drawn.seed));
    }

    /// <summary>Those that exporters put between layers do not hold what runs through them.</summary>
    [Theory]
    [InlineData("Add"), InlineData("BatchNormalization"), InlineData("Concat"), InlineData("Conv"), InlineData("ConvInteger"), InlineData("ConvTranspose"), InlineData("CumSum")]
    [InlineData("Attention"), InlineData("DepthToSpace"), InlineData("DequantizeLinear"), InlineData("Einsum"), InlineData("Expand"), InlineData("Flatten"), InlineData("Gather")]
    [InlineData("Gemm"), InlineData("GRU"), InlineData("GroupNormalization"), InlineData("InstanceNormalization"), InlineData("LSTM"), InlineData("LayerNormalization")]
    [InlineData("LpNormalization"), InlineData("MatMul"), InlineData("MatMulInteger"), InlineData("MaxPool"), InlineData("PRelu"), InlineData("Pad"), InlineData("QLinearConv")]
    [InlineData("QLinearMatMul"), InlineData("ReduceMean"), InlineData("ReduceSum"), InlineData("Relu"), InlineData("Reshape"), InlineData("Resize"), InlineData("RotaryEmbedding")]
    [InlineData("Slice"), InlineData("Softmax"), InlineData("Split"), InlineData("Tile"), InlineData("TopK"), InlineData("Transpose"), InlineData("Upsample"), InlineData("Where")]
    [InlineData("com.microsoft.Attention"), InlineData("com.microsoft.DynamicQuantizeMatMul"), InlineData("com.microsoft.FusedConv"), InlineData("com.microsoft.FusedGemm")]
    [InlineData("com.microsoft.GroupQueryAttention"), InlineData("com.microsoft.MatMulIntegerToFloat"), InlineData("com.microsoft.MatMulNBits")]
    [InlineData("com.microsoft.MultiHeadAttention"), InlineData("com.microsoft.QGemm"), InlineData("com.microsoft.QLinearAdd"), InlineData("com.microsoft.QLinearConcat")]
    [InlineData("com.microsoft.QLinearGlobalAveragePool"), InlineData("com.microsoft.RotaryEmbedding")]
    public void Some_axis_is_free(string type) =>
        Assert.Contains(OperatorCase.All.Where(one => one.Type == type).SelectMany(one => Enumerable.Range(0, 30).Select(seed => (one, seed))), drawn => IsFree(drawn.one, drawn.seed));

    private static bool IsFree(OperatorCase one, int seed)
    {
        using var scope = NewDisposeScope();
        if (Around(one, seed) is not { } model) return false;
        using var network = new Network(model);
        using var map = StructureMap.Of(network);
        return map.FreeDimensions().Any();
    }

    private static void Check(OperatorCase one, int seed)
    {
        using var scope = NewDisposeScope();
        if (Around(one, seed) is not { } model) return;
        using var network = new Network(model);
        using var map = StructureMap.Of(network);
        if (!map.FreeDimensions().Any()) return;
        Assert.False(one.IsRandom, $"{one.Type} draws numbers, so that nothing can be compared");
        Law.Check(map, Law.Draw(map, 0.5, new Random(seed)), [TensorData.Of("zero", [0f])], $"opset {model.Proto.OpsetImport[0].Version}, seed {seed}");
    }

    /// <summary>The node with constants as operands; null where that does not run, or before operator set 7, whose products broadcast in another way.</summary>
    private static OnnxModel? Around(OperatorCase one, int seed)
    {
        using var frozen = no_grad();
        var (model, inputs) = one.Build(seed, constants: true);
        if (model.Proto.OpsetImport[0].Version < 7) return null;
        foreach (var constant in model.Proto.Graph.Initializer.Concat(inputs).Where(constant => constant.DataType == (int)TensorProto.Types.DataType.Float))
            constant.SetBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Array.ConvertAll(constant.ToArray<float>(), value => float.IsFinite(value) ? value : 0)));
        using var alone = new Network(model);
        var results = alone.Run(inputs.ToDictionary(input => input.Name, input => input.ToTorch()));
        var random = new Random(seed);
        List<NodeProto> nodes = [model.Proto.Graph.Node[0].Clone()];
        List<TensorProto> constants = [.. model.Proto.Graph.Initializer.Select(constant => constant.Clone())];
        foreach (var input in inputs)
        {
            var constant = input.Clone();
            constants.Add(constant);
            if (input.DataType != (int)TensorProto.Types.DataType.Float) continue;
            constant.Name = "constant"; // what comes in is computed, as it is in a network
            nodes.Insert(0, SmallGraphs.Node("Add", ["constant", "zero"], [input.Name]));
        }
        List<string> sums = [];
        foreach (var (name, result) in model.Graph.Nodes[0].Outputs.Zip(results))
        {
            if (name.Length == 0) continue;
            constants.Add(Law.Floats($"{name}_weights", random, result.shape));
            nodes.Add(SmallGraphs.Node("Cast", [name], [$"{name}_floats"], ("to", 1L)));
            nodes.Add(SmallGraphs.Node("Mul", [$"{name}_floats", $"{name}_weights"], [$"{name}_weighed"]));
            nodes.Add(SmallGraphs.Node("ReduceSum", [$"{name}_weighed"], [$"{name}_sum"], ("keepdims", 0L)));
            nodes.Add(SmallGraphs.Node("Add", [$"{name}_sum", "zero"], [$"{name}_told"]));
            sums.Add($"{name}_told");
        }
        foreach (var (index, node) in nodes.Index()) node.Name += index;
        return SmallGraphs.Of(model.Proto.OpsetImport[0].Version, nodes, [TensorData.Of("zero", [0f])], constants, sums);
    }
}
