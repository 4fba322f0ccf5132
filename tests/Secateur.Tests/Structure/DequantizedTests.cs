using Secateur.Architectures;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Tests.Structure;

public sealed class DequantizedTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("secateur-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("resnet-8", true, true)]
    [InlineData("resnet-8", false, false)]
    [InlineData("mobilenet-v2-small", true, false)]
    [InlineData("lenet-300-100", false, true)]
    public void Removed_equals_masked(string architecture, bool perChannel, bool activations)
    {
        using var scope = NewDisposeScope();
        var model = Model(architecture, perChannel, activations);
        using Network network = new(model), learned = new(Dequantized.Of(model)!);
        using var map = StructureMap.Of(network, null, learned);
        using var wide = new Network(Build(architecture));
        using var dense = StructureMap.Of(wide);
        Assert.Equal(dense.Groups.Count(group => group.Held is null), map.Groups.Count(group => group.Held is null));
        foreach (var share in (double[])[0.1, 0.3, 0.5, 0.7])
        {
            var outcome = RemovalLaw.Check(map, share, seed: 3, examples: 4, folder);
            Assert.InRange(outcome.Error, 0, 1e-4);
            if (!activations) Assert.InRange(outcome.Own, 0, 1e-4); // a value near the middle of two steps may be rounded to either
            Assert.InRange(outcome.Effect, 1e-3, double.PositiveInfinity);
        }
    }

    [Fact]
    public void The_numbers_compute_what_the_integers_compute()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var model = Model("resnet-8", true, true);
        using Network network = new(model), learned = new(Dequantized.Of(model)!);
        var inputs = network.Graph.Inputs.ToDictionary(input => input.Name, input => rand(input.ShapeWith(2)));
        Assert.True(network.Run(inputs)[0].equal(learned.Run(inputs)[0]).all().item<bool>());
        Assert.Empty(network.Weights);
        Assert.Equal(10, learned.Weights.Length);
        Assert.Null(Dequantized.Of(Build("resnet-8")));
    }

    [Theory]
    [InlineData("channel", true)]
    [InlineData("structure", false)]
    public void A_quantized_model_is_pruned_as_it_is(string granularity, bool perChannel)
    {
        Threads.Use(1);
        string dense = Path.Combine(folder, "dense.onnx"), output = Path.Combine(folder, "out.onnx"), masked = Path.Combine(folder, "masked.onnx");
        Model("resnet-8", perChannel, true).Save(dense);
        var result = Pruner.For(dense).With(new() { Granularity = granularity, Macs = 0.5 }).Run(null, output, new() { Benchmark = false, Masked = masked }, cancel: TestContext.Current.CancellationToken);
        Assert.InRange(result.Output.Macs, 0.3 * result.Input.Macs, 0.5 * result.Input.Macs);
        Assert.True(result.Output.Parameters < result.Input.Parameters && result.Output.Bytes < result.Input.Bytes);
        Assert.Contains(result.Notes, note => note.Contains("integers behind DequantizeLinear", StringComparison.Ordinal));
        var graph = OnnxModel.Load(output).Graph;
        foreach (var node in graph.Nodes.Where(node => node.OpType == "DequantizeLinear" && graph.Constants.ContainsKey(node.Inputs[0])))
        {
            var constant = graph.Constants[node.Inputs[0]];
            Assert.True(constant.Type() is DataType.Int8 or DataType.Int32);
            if (perChannel) Assert.All(node.Inputs.Skip(1), name => Assert.Equal([constant.Dims[0]], graph.Constants[name].Dims));
        }
        using var scope = NewDisposeScope();
        using OrtModel one = new(output, 1), other = new(masked, 1);
        var inputs = graph.Inputs.ToDictionary(input => input.Name, input => rand(input.ShapeWith(1)));
        Assert.InRange(RemovalLaw.Difference(other.Run(inputs), one.Run(inputs)), 0, 1e-4);
    }

    [Fact]
    public void With_data_units_are_scored_and_measured_but_nothing_is_trained()
    {
        Threads.Use(1);
        using var data = SmallPictures.Open();
        string trained = Path.Combine(folder, "trained.onnx"), dense = Path.Combine(folder, "dense.onnx"), output = Path.Combine(folder, "out.onnx");
        TrainJob.Run("resnet-8", data, trained, new() { Epochs = 2, Batch = 50 }, seed: 5, null, null, cancel: TestContext.Current.CancellationToken);
        QuantizedModels.Of(OnnxModel.Load(trained), perChannel: true, activations: false).Save(dense);
        var result = Pruner.For(dense).With(new() { Granularity = "channel", Sparsity = 0.2, Rounds = 2 }).Run(data, output, new() { Benchmark = false }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(0, result.Cost.TrainingSeconds);
        Assert.InRange(result.Quality!.After, 0.1, 1);
        Assert.Contains("leave it out", Assert.Throws<SecateurException>(() => Pruner.For(dense).With(new() { Granularity = "channel", Sparsity = 0.2, Reconstruct = true })
            .Run(data, output, new() { Benchmark = false }, cancel: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    private static OnnxModel Build(string architecture) => Architecture.All[architecture].Build(new() { InputShape = architecture == "lenet-300-100" ? [1, 8, 8] : [3, 16, 16], Classes = 5, Width = 0.5 }, 7);

    private static OnnxModel Model(string architecture, bool perChannel, bool activations) => QuantizedModels.Of(Build(architecture), perChannel, activations);
}
