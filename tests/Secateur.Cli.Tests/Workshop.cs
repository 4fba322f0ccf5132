using System.Buffers.Binary;

namespace Secateur.Cli.Tests;

/// <summary>A folder with small data (pictures of two classes: the bright half is left or right) and a model trained on it.</summary>
public sealed class Workshop : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("secateur-");

    public string Data => In("pictures");

    public string Model => In("dense.onnx");

    public string In(string name) => Path.Combine(folder.FullName, name);

    /// <summary>A new folder, so that one can see what a request left in it.</summary>
    public string Empty() => folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Data);
        Write("train", 300, seed: 1);
        Write("t10k", 60, seed: 2);
        var trained = await Request.RunAsync("train", "lenet-300-100", "--data", Data, "-o", Model, "--epochs", "3", "--batch", "32");
        Assert.True(trained.Status == 0, trained.Error);
    }

    public ValueTask DisposeAsync()
    {
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    // idx, MNIST's format
    private void Write(string part, int count, int seed)
    {
        const int Size = 8;
        var random = new Random(seed);
        var labels = Enumerable.Range(0, count).Select(i => (byte)(i % 2)).ToArray();
        var pixels = labels.SelectMany(label => Enumerable.Range(0, Size * Size).Select(i => (byte)(random.Next(100) + (i % Size / (Size / 2) == label ? 120 : 0)))).ToArray();
        File.WriteAllBytes(Path.Combine(Data, $"{part}-labels-idx1-ubyte"), [.. Header(0x801, count), .. labels]);
        File.WriteAllBytes(Path.Combine(Data, $"{part}-images-idx3-ubyte"), [.. Header(0x803, count, Size, Size), .. pixels]);
    }

    private static byte[] Header(params int[] numbers)
    {
        var bytes = new byte[4 * numbers.Length];
        foreach (var (index, number) in numbers.Index()) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * index), number);
        return bytes;
    }
}
