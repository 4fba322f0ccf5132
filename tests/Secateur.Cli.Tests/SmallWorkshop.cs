using Secateur.Testing;

namespace Secateur.Cli.Tests;

/// <summary>A folder with the small pictures as a .npz and a model trained on them.</summary>
public sealed class SmallWorkshop : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("secateur-");

    public string Data => In("pictures.npz");

    public string Model => In("dense.onnx");

    public string In(string name) => Path.Combine(folder.FullName, name);

    /// <summary>A new folder, so that one can see what a request left in it.</summary>
    public string Empty() => folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;

    public async ValueTask InitializeAsync()
    {
        SmallPictures.Write(Data);
        var trained = await Request.RunAsync("train", "lenet-300-100", "--data", Data, "-o", Model, "--epochs", "4", "--batch", "32", "--threads", "1");
        Assert.True(trained.Status == 0, trained.Error);
    }

    public ValueTask DisposeAsync()
    {
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
