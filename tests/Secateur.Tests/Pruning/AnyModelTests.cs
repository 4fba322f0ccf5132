using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using Secateur.Tests.Data;
using Secateur.Tests.Tasks;
using SkiaSharp;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Tests.Pruning;

/// <summary>The main job on models that are no classifiers of one size.</summary>
[Collection(nameof(Evaluation.Alone))]
public sealed class AnyModelTests : IDisposable
{
    private readonly DataFolder folder = new();

    public AnyModelTests() => Threads.Use(1);

    [Theory]
    [InlineData("map", "agreement")]
    [InlineData("picture", "cosine")]
    public void Pictures_of_any_size_without_labels_and_without_a_word_of_how(string which, string metric)
    {
        var model = folder.At("dense.onnx");
        (which == "map" ? TaskNets.Maps(1, "Sigmoid") : TaskNets.Maps(3)).Save(model);
        var random = new Random(2);
        for (var i = 0; i < 16; i++) Draw(folder.At($"set/{i:00}.png"), 40 + 32 * (i % 2), 70, random);
        using var data = folder.Open("set", new() { For = () => OnnxModel.Load(model).Graph, TestShare = 0.25 });
        var recipe = new Recipe { Sparsity = 0.4, Criterion = "taylor", Ends = Ends.All, Training = new() { Epochs = 1, Batch = 4, RecalibrationBatches = 0 } };
        List<string> notes = [];
        var result = Pruner.For(model).With(recipe).Run(data, folder.At("out.onnx"), new() { Benchmark = false }, new Notes(notes), TestContext.Current.CancellationToken);
        Assert.Equal(("self-distillation", metric), (result.Task!.Name, result.Metric));
        Assert.Equal("the data has no labels", result.Task.Why);
        Assert.Equal($"self-distillation, since the data has no labels; judged by {metric}", Assert.Single(notes));
        Assert.Equal(1, result.Quality!.Before, 1e-6);
        Assert.InRange(result.Quality.After, 0.3, 1);
        Assert.InRange(result.Sparsity, 0.35, 0.41);
        Assert.Equal(0.4, result.Sparsity, 2);
        Assert.True(result.Input.Macs > 40 * 70 * 3 * 9, "work is that of a picture, not of a pixel");
        var own = Evaluator.Run([model, folder.At("out.onnx")], data.Test, new() { Threads = 1, Batch = 3 }, null, TestContext.Current.CancellationToken);
        Assert.Equal(result.Quality.After, own.Results[1].Value, 1e-6); // whatever the batches
    }

    [Fact]
    public void What_falls_as_it_gets_better_is_kept_within_a_limit_too()
    {
        using var scope = NewDisposeScope();
        var model = folder.At("dense.onnx");
        TaskNets.Flat(2).Save(model);
        var rows = randn(120, 6);
        using var trained = new DataFolder();
        using var data = folder.Open(Path.GetFileName(folder.Npz("x.npz", ("x", rows), ("labels", rows.narrow(1, 0, 2) * 2))));
        var dense = folder.At("trained.onnx");
        var training = new TrainingRecipe { Epochs = 30, Batch = 16, LearningRate = 0.02, WeightDecay = 0 };
        var made = TrainJob.Run(model, data, dense, training, seed: 1, cancel: TestContext.Current.CancellationToken);
        Assert.Equal("rmse", made.Metric);
        var result = Pruner.For(dense).With(new Recipe { MaxDrop = 0.3, Metric = "rmse", Ends = Ends.All, Training = training with { Epochs = 5 } })
            .Run(data, folder.At("out.onnx"), new() { Benchmark = false }, null, TestContext.Current.CancellationToken);
        Assert.True(result.HeldOut!.LowerIsBetter && result.HeldOut.Drop <= 0.3 + 1e-9 && result.Sparsity > 0.1, $"{result.HeldOut}, sparsity {result.Sparsity}");
        Assert.Equal(result.Quality!.After - result.Quality.Before, result.Quality.Drop, 1e-12);
    }

    [Theory]
    [InlineData(DataType.Float16), InlineData(DataType.Double), InlineData(DataType.Int32), InlineData(DataType.Int64), InlineData(DataType.Uint8), InlineData(DataType.Int8), InlineData(DataType.Bool)]
    public void Inputs_of_every_type_are_fed_alike_to_us_and_to_ONNX_Runtime(DataType type)
    {
        using var scope = NewDisposeScope();
        var model = TaskNets.Of([SmallGraphs.Node("Cast", ["x"], ["f"], ("to", (long)DataType.Float)), SmallGraphs.Node("Gemm", ["f", "w"], ["y"])], [null, 3], [("w", [3, 4])], [null, 4], type: type);
        var path = folder.At("typed.onnx");
        model.Save(path);
        // bytes are pictures' between 0 and 1 for a model of floats, and themselves for one of integers
        var bytes = tensor(new byte[,] { { 0, 1, 100 }, { 3, 0, 7 } });
        using var data = folder.Open(Path.GetFileName(folder.Npz("bytes.npz", ("x", bytes))));
        var inputs = Binding.Of(model.Graph, data.Whole).Bind(data.Whole.Read([0, 1]));
        using var network = model.Run();
        using var stock = new OrtModel(path, 1);
        var (ours, theirs) = (network.Run(inputs)[0].detach(), stock.Run(inputs)[0]);
        Assert.True(ours.allclose(theirs, 1e-4, 1e-5));
        var values = bytes.to_type(ScalarType.Float32);
        var fed = type switch { DataType.Float16 or DataType.Double => values / 255, DataType.Bool => values.ne(0).to_type(ScalarType.Float32), _ => values };
        Assert.True(ours.allclose(fed.mm(network.Weights[0].Tensor.detach()), 1e-2, 1e-3));
    }

    public void Dispose() => folder.Dispose();

    private static void Draw(string path, int height, int width, Random random)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) bitmap.SetPixel(x, y, new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)));
        using var file = File.Create(path);
        Assert.True(bitmap.Encode(file, SKEncodedImageFormat.Png, 90));
    }

    private sealed class Notes(List<string> notes) : IProgress<Progress>
    {
        public void Report(Progress value)
        {
            if (value.IsNote) notes.Add(value.Detail);
        }
    }
}
