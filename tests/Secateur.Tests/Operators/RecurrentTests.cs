using CsCheck;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Recurrent layers, as far as stock ONNX Runtime has no answer.</summary>
public sealed class RecurrentTests
{
    public static TheoryData<string> Types => ["LSTM", "GRU", "RNN"];

    /// <summary>With the batch first (ONNX Runtime knows only time first), all is as with time first, turned.</summary>
    [Theory, MemberData(nameof(Types))]
    public void Batch_first_equals_time_first_turned(string type) => Gen.Int.Sample(seed =>
    {
        using var scope = NewDisposeScope();
        var (model, operands) = OperatorCase.All.First(one => one.Type == type).Build(seed, constants: false);
        var node = model.Graph.Nodes[0];
        var proto = model.Proto.Clone();
        proto.Graph.Node[0].Attribute.Add(new AttributeProto { Name = "layout", Type = AttributeProto.Types.AttributeType.Int, I = 1 });
        var turned = new OnnxModel(proto).Graph.Nodes[0];
        var inputs = node.Inputs.Select(name => operands.FirstOrDefault(operand => operand.Name == name)?.ToTorch()).ToArray();
        var batchFirst = inputs.Select((input, place) => place is 0 or 5 || place == 6 && type == "LSTM" ? input?.transpose(0, 1) : input).ToArray();
        var (plain, other) = (Run(node, inputs), Run(turned, batchFirst));
        Assert.True(allclose(plain[0].permute(2, 0, 1, 3), other[0]));
        foreach (var (state, same) in plain.Zip(other).Skip(1)) Assert.True(allclose(state.transpose(0, 1), same));
    }, iter: 10, threads: 1);

    [Fact]
    public void Weights_count_gates_and_inputs()
    {
        using var network = Network(hidden: 5, input: 3);
        Assert.Equal("r 20x5x1, w 20x3x1", string.Join(", ", network.Weights.Select(weight => $"{weight.Name} {weight.Outputs}x{weight.Inputs}x{weight.Kernel}").Order()));
        Assert.Contains("b", network.Parameters.Keys);
        Assert.All(network.Weights, weight => Assert.Equal(2, weight.Matrix.dim()));
    }

    [Fact]
    public void Macs_are_those_of_every_step()
    {
        using var network = Network(hidden: 5, input: 3);
        var node = network.Graph.Nodes[0];
        Assert.Equal(7 * 2 * 20 * (3 + 5), Operator.For(node, "").Macs(node, Shapes.Of(network)));
    }

    private static Tensor[] Run(Node node, Tensor?[] inputs) => Operator.For(node, "").Run(node, inputs, default);

    /// <summary>An LSTM over 7 steps of a batch of 2.</summary>
    private static Network Network(long hidden, long input)
    {
        TensorProto Ones(string name, params long[] shape) =>
            TensorData.Of(name, Enumerable.Repeat(1f, (int)shape.Aggregate(1L, (product, size) => product * size)).ToArray(), shape);
        return new Network(SmallGraphs.Of(14, [SmallGraphs.Node("LSTM", ["x", "w", "r", "b"], ["y"], ("hidden_size", hidden))],
            [Ones("x", 7, 2, input)], [Ones("w", 1, 4 * hidden, input), Ones("r", 1, 4 * hidden, hidden), Ones("b", 1, 8 * hidden)], ["y"]));
    }
}
