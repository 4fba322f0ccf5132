using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Tensors die with the scope that they are made in.</summary>
public sealed class LifetimeTests
{
    public static TheoryData<string> Types => OperatorTests.Types;

    private static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    [Theory, MemberData(nameof(Types))]
    public void Leaves_nothing_behind(string type)
    {
        foreach (var one in OperatorCase.All.Where(one => one.Type == type))
        {
            var (model, inputs) = one.Build(1, constants: false);
            var before = Live;
            using (NewDisposeScope())
            {
                var node = model.Graph.Nodes[0];
                var byName = inputs.ToDictionary(input => input.Name, input => input.ToTorch());
                var given = node.Inputs.Select(name => byName.GetValueOrDefault(name)).ToArray();
                foreach (var output in Operator.For(node, "").Run(node, given, new Mode(Training: true)))
                    Assert.DoesNotContain(given, input => ReferenceEquals(input, output));
                Assert.True(inputs.Length == 0 || Live > before);
            }
            Assert.Equal(before, Live);
        }
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void A_network_run_again_holds_no_more(bool training)
    {
        using var network = new Network(Small());
        var first = Step();
        for (var again = 0; again < 3; again++) Assert.Equal(first, Step());

        long Step()
        {
            using (NewDisposeScope())
            {
                using var frozen = training ? null : no_grad();
                var x = randn(2, 3, 8, 8);
                var y = network.Run(new Dictionary<string, Tensor> { ["x"] = x }, new Mode(training))[0];
                if (training) y.square().sum().backward();
            }
            return Live;
        }
    }

    private static OnnxModel Small()
    {
        var random = new Random(1);
        TensorProto Weight(string name, params long[] shape) =>
            TensorData.Of(name, Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => random.NextSingle()).ToArray(), shape);
        return SmallGraphs.Of(13,
            [
                SmallGraphs.Node("Conv", ["x", "w1", "b1"], ["conv"], ("pads", new long[] { 0, 1, 1, 1 })),
                SmallGraphs.Node("BatchNormalization", ["conv", "scale", "b1", "mean", "var"], ["norm"]),
                SmallGraphs.Node("Clip", ["norm", "zero"], ["relu"]),
                SmallGraphs.Node("MaxPool", ["relu"], ["pool"], ("kernel_shape", new long[] { 2, 2 }), ("pads", new long[] { 0, 0, 1, 1 })),
                SmallGraphs.Node("Identity", ["pool"], ["same"]),
                SmallGraphs.Node("GlobalAveragePool", ["same"], ["mean_pool"]),
                SmallGraphs.Node("Flatten", ["mean_pool"], ["flat"]),
                SmallGraphs.Node("Dropout", ["flat"], ["kept"]),
                SmallGraphs.Node("MatMul", ["kept", "w2"], ["product"]),
                SmallGraphs.Node("Add", ["product", "b2"], ["sum"]),
                SmallGraphs.Node("Softmax", ["sum"], ["y"]),
            ],
            [TensorData.Of("x", new float[2 * 3 * 8 * 8], 2, 3, 8, 8)],
            [Weight("w1", 4, 3, 3, 3), Weight("b1", 4), Weight("scale", 4), Weight("mean", 4), Weight("var", 4),
                TensorData.Of("zero", [0f]), Weight("w2", 4, 5), Weight("b2", 5)],
            ["y"]);
    }
}
