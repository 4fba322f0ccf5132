using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Secateur.Tests.Granularities;

/// <summary>Weights that belong to no network.</summary>
internal static class Weights
{
    private static readonly Node Layer = SmallGraphs.Of(17, [SmallGraphs.Node("Identity", ["x"], ["y"])], [TensorData.Of("x", [0f], 1)], [], ["y"]).Graph.Nodes[0];

    /// <param name="values">Any shape with at least one axis.</param>
    /// <param name="outputAxis">Which axis counts outputs.</param>
    /// <param name="name">Of the tensor in the file.</param>
    public static Weight Of(Tensor values, int outputAxis = 0, string name = "w")
    {
        var use = new LearnedUse(name, Layer, new Learned(0, LearnedKind.Weight, outputAxis), AxisLayout.Of(values.shape), "");
        return new(new Parameter(values, requires_grad: true), use, width: 4);
    }

    /// <summary>Uniform in [0, 1) by a seed of its own, so that tests side by side do not disturb each other.</summary>
    public static Tensor Random(long seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return rand(shape, generator: generator);
    }
}
