using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>Option <c>values</c>: the weights of products are what is nearest to them, with few tokens as with many.</summary>
public sealed class ValuesTests
{
    [Theory]
    [InlineData("float32", 1), InlineData("bfloat16", 1), InlineData("bfloat16", 3), InlineData("bfloat16", 70), InlineData("float16", 1), InlineData("float16", 70)]
    public void Equals_the_rounded_weights(string values, int tokens)
    {
        var graph = new Case(tokens, 0.9);
        var model = graph.Model(graph.Node("Relu", [graph.Node("Add", [graph.Node("MatMul", [graph.Input(tokens, 96), graph.Weight(96, 70)]), graph.Constant(70)])]));
        using var ours = new Run(model, Library.Device, 1, ("force", "1"), ("values", values));
        using var stock = new Run(Rounded(model, values == "float16" ? ValueKind.Float16 : values == "bfloat16" ? ValueKind.BFloat16 : ValueKind.Float32), null);
        Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
    }

    [Fact]
    public void A_weight_beyond_the_range_of_float16_stays_float32()
    {
        var graph = new Case(1, 0.9);
        var model = graph.Model(graph.Node("MatMul", [graph.Input(1, 96), graph.Weight(96, 70)]));
        var weight = model.Graph.Initializer.Single();
        var values = weight.ToArray<float>();
        values[Array.FindIndex(values, value => value != 0)] = 70_000;
        model.Graph.Initializer[0] = TensorData.Of(weight.Name, values, [.. weight.Dims]);
        using var ours = new Run(model, Library.Device, 1, ("force", "1"), ("values", "float16"));
        using var stock = new Run(model, null);
        Law.Equal(stock.Of(graph.Inputs), ours.Of(graph.Inputs));
    }

    private static ModelProto Rounded(ModelProto model, ValueKind kind)
    {
        var rounded = model.Clone();
        foreach (var (place, weight) in model.Graph.Initializer.Index().Where(tensor => tensor.Item.Dims.Count == 2))
            rounded.Graph.Initializer[place] = TensorData.Of(weight.Name, [.. weight.ToArray<float>().Select(value => PackedValues.Rounded(value, kind))], [.. weight.Dims]);
        return rounded;
    }
}
