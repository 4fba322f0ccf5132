using CsCheck;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Laws over the whole table of operators.</summary>
public sealed class OperatorTests
{
    /// <summary>All but those that run graphs, sequences or texts, which <see cref="ControlFlowTests"/>, <see cref="SequenceTests"/> and <see cref="TextOperatorTests"/> try, and steps of optimizers, which stock ONNX Runtime lacks and <see cref="NodeTests"/> try.</summary>
    public static TheoryData<string> Types => [.. Operator.All.Where(one => one.Value is not (ControlFlow or SequenceOperator or TextOperator or UpdateStep)).Select(one => one.Key).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Types))]
    public void Has_a_case(string type) => Assert.Contains(OperatorCase.All, one => one.Type == type);

    [Theory, MemberData(nameof(Types))]
    public void Equals_stock_ONNX_Runtime(string type)
    {
        foreach (var one in OperatorCase.All.Where(one => one.Type == type))
        {
            Gen.Select(Gen.Int, Gen.Bool).Sample((seed, constants) =>
            {
                using var scope = NewDisposeScope();
                using var frozen = no_grad();
                var (model, inputs) = one.Build(seed, constants);
                using var network = new Network(model);
                var ours = network.Run(inputs.ToDictionary(input => input.Name, input => input.ToTorch()));
                var theirs = StockRuntime.Run(model, inputs);
                Assert.Equal(theirs.Length, ours.Length);
                foreach (var (expected, actual) in theirs.Zip(ours)) Close(expected, actual, model, one.IsRandom);
            }, iter: 12, threads: 1);
        }
    }

    /// <summary>Same type and shape; elements, where none are drawn, within 1e-5 of the tensor's largest, at least of 1.</summary>
    private static void Close(Tensor expected, Tensor actual, OnnxModel model, bool isRandom)
    {
        var node = model.Proto.Graph.Node[0];
        Assert.Equal(expected.dtype, actual.dtype);
        var place = $"of opset {model.Proto.OpsetImport[0].Version}: {node}";
        Assert.True(expected.shape.AsSpan().SequenceEqual(actual.shape),
            $"expected shape [{string.Join(", ", expected.shape)}], was [{string.Join(", ", actual.shape)}], {place}");
        if (expected.numel() == 0 || isRandom) return;
        var (want, have) = (expected.to(ScalarType.Float64), actual.to(ScalarType.Float64));
        var tolerance = 1e-5 * Math.Max(1, want.nan_to_num(0, 0, 0).abs().max().item<double>());
        Assert.True(allclose(have, want, rtol: 0, atol: tolerance, equal_nan: true),
            $"expected {want.cstr()}, was {have.cstr()}, {place}");
    }
}
