using Microsoft.ML.OnnxRuntime;
using Secateur.Onnx.Proto;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>The provider's outputs equal those of ONNX Runtime's own kernels.</summary>
internal static class Law
{
    /// <param name="model">To run.</param>
    /// <param name="inputs">Of one run or more; each has all of the model's.</param>
    /// <param name="device">The loader's unless told.</param>
    /// <param name="threads">Of the sessions.</param>
    /// <returns>What the provider told of its nodes.</returns>
    public static string[] Holds(ModelProto model, IEnumerable<TensorProto[]> inputs, OrtEpDevice? device = null, int threads = 1)
    {
        using var stock = new Run(model, null, threads);
        using var ours = new Run(model, device ?? Library.Device, threads, ("force", "1"));
        foreach (var run in inputs) Equal(stock.Of(run), ours.Of(run));
        return ours.Report;
    }

    /// <summary>The same of a model that the provider alone runs, and its like.</summary>
    public static string[] Holds(ModelProto packed, ModelProto ordinary, IEnumerable<TensorProto[]> inputs)
    {
        using var stock = new Run(ordinary, null);
        using var ours = new Run(packed, Library.Device);
        foreach (var run in inputs) Equal(stock.Of(run), ours.Of(run));
        return ours.Report;
    }

    public static void Equal((long[] Shape, float[] Values)[] want, (long[] Shape, float[] Values)[] have)
    {
        Assert.Equal(want.Length, have.Length);
        for (var output = 0; output < want.Length; output++)
        {
            Assert.Equal(want[output].Shape, have[output].Shape);
            var largest = want[output].Values.Select(Math.Abs).DefaultIfEmpty().Max();
            for (var i = 0; i < want[output].Values.Length; i++)
                Assert.True(Math.Abs(want[output].Values[i] - have[output].Values[i]) <= 1e-5f * largest + 1e-6f, $"output {output}, element {i} of {want[output].Values.Length}: {want[output].Values[i]} by ONNX Runtime, {have[output].Values[i]} by the provider");
        }
    }
}
