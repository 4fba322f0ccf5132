using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Tests.Execution;

public sealed class SharedConstantsTests
{
    public SharedConstantsTests() => Threads.Use(1);

    [Fact]
    public void Separated_computes_the_same_and_trains_each_alone()
    {
        using var scope = NewDisposeScope();
        var shared = Model();
        var x = rand(4, 3);
        Dictionary<string, Tensor> inputs = new() { ["x"] = x };
        using var before = new Network(shared);
        Assert.Empty(before.Parameters); // what is a mean or a variance as well cannot follow a gradient
        var expected = before.Run(inputs)[0];

        using var after = new Network(SharedConstants.Separate(Model()));
        Assert.Equal(expected.Values(), after.Run(inputs)[0].Values());
        Assert.Equal(4, after.Parameters.Count);
        after.Run(inputs, new Mode(Training: true))[0].pow(2).sum().backward();
        Assert.All(after.Parameters.Values, parameter => Assert.NotNull(parameter.grad));
        Assert.Equal(4, after.Constants.Count(constant => !after.Parameters.ContainsKey(constant.Key) && !constant.Value.Values().All(value => value is 0 or 1)));
    }

    [Fact]
    public void Nothing_shared_is_left_as_it_is()
    {
        var once = SharedConstants.Separate(Model());
        Assert.Same(once, SharedConstants.Separate(once));
    }

    /// <summary>Two normalizations as an exporter writes them before training.</summary>
    private static OnnxModel Model() => SmallGraphs.Of(17,
        [
            SmallGraphs.Node("BatchNormalization", ["x", "ones", "zeros", "zeros", "ones"], ["h"]),
            SmallGraphs.Node("Identity", ["zeros"], ["mean"]), // as some exporters hand on what they wrote once
            SmallGraphs.Node("BatchNormalization", ["h", "ones", "zeros", "mean", "ones"], ["y"]),
        ],
        [TensorData.Of("x", new float[12], 4, 3)], [TensorData.Of("ones", [1f, 1f, 1f], 3), TensorData.Of("zeros", new float[3], 3)], ["y"]);
}
