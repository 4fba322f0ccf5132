using CsCheck;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>What an operator says of its axes, tried by removing an index.</summary>
public sealed class TieTests
{
    // the input that names sizes of the result, which a removal must write anew
    private static readonly Dictionary<string, int> Rewritten = new() { ["Expand"] = 1, ["Reshape"] = 1, ["Resize"] = 3 };

    public static TheoryData<string> Types => OperatorTests.Types;

    /// <summary>Index i gone from all tied inputs: index i is gone from all tied outputs, and nothing else has changed.</summary>
    /// <remarks>Where no output is tied, the axis is summed over: then it is as if one operand were zero there.</remarks>
    [Theory, MemberData(nameof(Types))]
    public void Removed_equals_masked(string type)
    {
        foreach (var one in OperatorCase.All.Where(one => one.Type == type)) Gen.Int.Sample(seed => Check(one, seed), iter: 6, threads: 1);
    }

    [Theory]
    [InlineData("Add"), InlineData("BatchNormalization"), InlineData("Concat"), InlineData("Conv"), InlineData("Gemm"), InlineData("LayerNormalization")]
    [InlineData("MatMul"), InlineData("MaxPool"), InlineData("Relu"), InlineData("Softmax"), InlineData("Transpose")]
    public void Some_axis_is_free(string type) =>
        Assert.Contains(Enumerable.Range(0, 20), seed => FreeSets(OperatorCase.All.First(one => one.Type == type).Build(seed, constants: true)).Any());

    private static IEnumerable<IReadOnlyList<Axis>> FreeSets((OnnxModel Model, TensorProto[] Inputs) built)
    {
        using var network = new Network(built.Model);
        var shapes = Shapes.Of(network, 1, built.Inputs.ToDictionary(input => input.Name, input => input.Dims.ToArray()));
        var ties = new Ties();
        var node = built.Model.Graph.Nodes[0];
        Operator.For(node, "").Tie(node, shapes, ties);
        foreach (var (axes, free) in ties.Sets())
        {
            var sizes = axes.Select(axis => shapes[axis.Tensor][axis.Index]).Distinct().ToArray();
            Assert.True(sizes.Length == 1,
                $"axes of sizes {string.Join(", ", sizes)} are tied: {string.Join(", ", axes)}, {built.Model.Proto.Graph.Node[0]}");
            // an axis left with one element would be broadcast or squeezed
            if (free && sizes[0] > 2) yield return axes;
        }
    }

    private static void Check(OperatorCase use, int seed)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (model, operands) = use.Build(seed, constants: false);
        var node = model.Graph.Nodes[0];
        foreach (var axes in FreeSets(use.Build(seed, constants: true)))
        {
            var whole = Run(node);
            var less = Run(axes.Contains(new("in1", 0)) ? Regrouped(model) : node, operand => Removed(operand.ToTorch(), operand.Name));
            if (!axes.Any(axis => axis.Tensor.StartsWith("out")))
            {
                var (tensor, index) = axes.First(axis => axis.Tensor.StartsWith("in"));
                whole = Run(node, operand => operand.Name == tensor ? Masked(operand.ToTorch(), index) : operand.ToTorch());
            }
            foreach (var (place, (expected, actual)) in whole.Zip(less).Index())
            {
                var masked = Removed(expected, node.Outputs[place]);
                Assert.True(masked.shape.AsSpan().SequenceEqual(actual.shape)
                    && allclose(masked.to(ScalarType.Float64), actual.to(ScalarType.Float64), 1e-5, 1e-5, equal_nan: true),
                    $"{string.Join(", ", axes)} are not tied so: {model.Proto.Graph.Node[0]}");
            }

            Tensor Removed(Tensor tensor, string name)
            {
                if (Rewritten.TryGetValue(node.OpType, out var input) && node.HasInput(input) && node.Inputs[input] == name)
                    return Rewrite(tensor, axes, node.Outputs[0], whole[0].shape);
                foreach (var axis in axes.Where(axis => axis.Tensor == name))
                    tensor = tensor.index_select(axis.Index, arange(1, tensor.shape[axis.Index], dtype: ScalarType.Int64));
                return tensor;
            }
        }

        Tensor[] Run(Node one, Func<TensorProto, Tensor>? change = null)
        {
            var inputs = one.Inputs.Select(name => operands.FirstOrDefault(operand => operand.Name == name))
                .Select(operand => operand is null ? null : change?.Invoke(operand) ?? operand.ToTorch());
            return Operator.For(one, "").Run(one, [.. inputs], default);
        }
    }

    /// <summary>Sizes of the result's last axes, written out and less one where an axis of it goes; −1 follows by itself.</summary>
    private static Tensor Rewrite(Tensor sizes, IReadOnlyList<Axis> axes, string result, long[] shape)
    {
        var values = sizes.data<long>().ToArray();
        for (var place = 0; place < values.Length; place++)
            if (values[place] == 0) values[place] = shape[place]; // which named the input's own axis
        foreach (var axis in axes.Where(axis => axis.Tensor == result))
            if (axis.Index - shape.Length + values.Length is >= 0 and var place && values[place] != -1) values[place] = shape[axis.Index] - 1;
        return tensor(values);
    }

    /// <summary>A depthwise convolution of a channel fewer has a group fewer.</summary>
    private static Node Regrouped(OnnxModel model)
    {
        var proto = model.Proto.Clone();
        if (proto.Graph.Node[0].Attribute.FirstOrDefault(attribute => attribute.Name == "group") is { I: > 1 } group) group.I--;
        return new OnnxModel(proto).Graph.Nodes[0];
    }

    private static Tensor Masked(Tensor tensor, int axis)
    {
        tensor.narrow(axis, 0, 1).zero_();
        return tensor;
    }
}
