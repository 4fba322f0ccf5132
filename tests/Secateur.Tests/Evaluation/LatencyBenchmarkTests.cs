using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Testing;

namespace Secateur.Tests.Evaluation;

[Collection(nameof(Alone))]
public sealed class LatencyBenchmarkTests
{
    private static readonly BenchmarkSettings Short = new() { Threads = 1, Rounds = 7, Least = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public void Ratios_are_to_the_first_model_and_rounds_are_shared()
    {
        using var folder = new TemporaryFolder();
        var small = Models.Linear(new float[2, 3]).In(folder, "small.onnx");
        var large = Models.Linear(new float[1000, 2000]).In(folder, "large.onnx");
        var results = LatencyBenchmark.Run([large, small], Short, null, TestContext.Current.CancellationToken).Results;
        Assert.Equal([large, small], results.Select(result => result.Model));
        Assert.Equal(1, results[0].Speedup);
        Assert.Equal(results[0].MedianMs / results[1].MedianMs, results[1].Speedup);
        Assert.True(results[1].Speedup > 2, $"2 M weights against 6: {results[1].Speedup}x");
        Assert.All(results, result => Assert.True(result.Runs >= 7 && result.P95Ms >= result.MedianMs && result.MedianMs > 0));
        Assert.Equal(results[0].Runs, results[1].Runs);
    }

    [Fact]
    public void Memory_is_of_each_model_alone()
    {
        using var folder = new TemporaryFolder();
        var small = Models.Linear(new float[2, 3]).In(folder, "small.onnx");
        var large = Models.Linear(new float[2000, 2000]).In(folder, "large.onnx"); // 16 MB of weights
        var results = LatencyBenchmark.Run([large, small], Short, null, TestContext.Current.CancellationToken).Results;
        Assert.InRange(results[0].PeakMb, 16, 100);
        Assert.True(results[1].PeakMb < 16, $"{results[1].PeakMb} MB for six weights");
    }

    [Fact]
    public void A_batch_that_the_file_does_not_allow_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = Models.Linear(new float[2, 3], batch: 2).In(folder, "m.onnx");
        var e = Assert.Throws<SecateurException>(() => LatencyBenchmark.Run([path], Short with { Batch = 1 }, null, TestContext.Current.CancellationToken));
        Assert.Equal($"{path}: input x [2, 3] fixes its batch, 1 was asked for; benchmark with that batch", e.Message);
        Assert.Equal(2, LatencyBenchmark.Run([path], Short with { Batch = 2 }, null, TestContext.Current.CancellationToken).Results[0].Batch);
    }

    [Fact]
    public void The_batch_that_the_file_fixes_is_taken()
    {
        using var folder = new TemporaryFolder();
        var path = Models.Linear(new float[2, 3], batch: 2).In(folder, "m.onnx");
        Assert.Equal(2, LatencyBenchmark.Run([path], Short, null, TestContext.Current.CancellationToken).Results[0].Batch);
    }

    /// <summary>Where one sample is too few, as for a convolution over sound, sizes are tried until it runs.</summary>
    [Fact]
    public void Open_sizes_are_those_that_the_model_runs_on()
    {
        using var folder = new TemporaryFolder();
        var model = SmallGraphs.Of(17, [SmallGraphs.Node("AveragePool", ["x"], ["y"], ("kernel_shape", (long[])[200]))], [TensorData.Of("x", new float[1], 1, 1, 1)], [], ["y"]);
        model.Proto.Graph.Input[0].Type.TensorType.Shape.Dim[2] = new() { DimParam = "samples" };
        var path = Path.Combine(folder.Path, "sound.onnx");
        new OnnxModel(model.Proto).Save(path);
        Assert.Equal(1, LatencyBenchmark.Run([path], Short, null, TestContext.Current.CancellationToken).Results[0].Batch);
    }
}
