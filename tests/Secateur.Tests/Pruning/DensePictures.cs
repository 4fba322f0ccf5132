using Secateur.Data;
using Secateur.Testing;

namespace Secateur.Tests.Pruning;

/// <summary>A dense model trained on the small pictures, and a folder that goes with the tests.</summary>
public sealed class DensePictures : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("secateur-");

    public DensePictures()
    {
        Train("lenet-300-100", Model, new() { Epochs = 6, Batch = 32 });
        Train("conv-2", Convolutional, new() { Epochs = 1, Batch = 32 });
    }

    public DataSet Data { get; } = SmallPictures.Open();

    public DataSet Unlabelled { get; } = SmallPictures.Open(labels: false);

    /// <summary>lenet-300-100: fc1.weight [300, 64], fc2.weight [100, 300], fc3.weight [4, 100].</summary>
    public string Model => Path.Combine(folder.FullName, "dense.onnx");

    /// <summary>conv-2: its first convolution has under 1 % of the weights.</summary>
    public string Convolutional => Path.Combine(folder.FullName, "convolutional.onnx");

    /// <summary>A file in a new folder, so that one can see what is left in it.</summary>
    public string Output() => Path.Combine(folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName, "out.onnx");

    /// <summary>Prunes the dense model, on one thread, without measuring latency.</summary>
    public PruneResult Prune(Recipe recipe, string output, DataSet? data = null, IProgress<Progress>? progress = null, CancellationToken? cancel = null, string? model = null)
    {
        Threads.Use(1);
        return Pruner.For(model ?? Model).With(recipe).Run(data ?? Data, output, new PruneOptions { Benchmark = false }, progress, cancel ?? TestContext.Current.CancellationToken);
    }

    /// <summary>Trains on one thread.</summary>
    public TrainResult Train(string model, string output, TrainingRecipe recipe, DataSet? data = null, string? mask = null, IProgress<Progress>? progress = null, CancellationToken? cancel = null)
    {
        Threads.Use(1);
        return TrainJob.Run(model, data ?? Data, output, recipe, seed: 5, mask, progress, cancel: cancel ?? TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        Data.Dispose();
        Unlabelled.Dispose();
        folder.Delete(recursive: true);
    }
}
