using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Operators that draw numbers.</summary>
[Collection(nameof(Evaluation.Alone))] // it compares draws of the one generator that all share
public sealed class RandomTests
{
    private static readonly long[] Many = [20000];

    [Theory]
    [InlineData("RandomNormal", 1, 2), InlineData("RandomUniform", 0.5, 0.28868), InlineData("Bernoulli", 0.3, 0.45826)]
    public void Have_the_mean_and_the_deviation_asked_for(string type, double mean, double deviation)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var drawn = Run(type);
        Assert.Equal(mean, drawn.mean().item<float>(), 0.05);
        Assert.Equal(deviation, drawn.std().item<float>(), 0.05);
    }

    [Theory]
    [InlineData("RandomNormal"), InlineData("RandomUniform"), InlineData("Bernoulli")]
    public void A_seed_draws_the_same_again_and_leaves_the_global_generator_alone(string type)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var undisturbed = rand(3);
        manual_seed(1);
        var first = Run(type, ("seed", 5f));
        Assert.True(rand(3).eq(undisturbed).all().item<bool>());
        Assert.True(Run(type, ("seed", 5f)).eq(first).all().item<bool>());
        Assert.False(Run(type, ("seed", 6f)).eq(first).all().item<bool>());
    }

    [Theory]
    [InlineData("RandomNormal"), InlineData("RandomUniform"), InlineData("Bernoulli")]
    public void Without_a_seed_the_global_generator_draws(string type)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var first = Run(type);
        Assert.False(Run(type).eq(first).all().item<bool>());
        manual_seed(1);
        Assert.True(Run(type).eq(first).all().item<bool>());
    }

    private static Tensor Run(string type, params (string, object)[] attributes)
    {
        var fromInput = type == "Bernoulli";
        (string, object)[] shaped = fromInput ? [] : type == "RandomNormal" ? [("shape", Many), ("mean", 1f), ("scale", 2f)] : [("shape", Many)];
        var node = SmallGraphs.Of(15, [SmallGraphs.Node(type, fromInput ? ["x"] : [], ["y"], [.. shaped, .. attributes])],
            fromInput ? [TensorData.Of("x", [0f], 1)] : [], [], ["y"]).Graph.Nodes[0];
        return Operator.For(node, "").Run(node, fromInput ? [full(Many, 0.3f)] : [], default)[0];
    }
}
