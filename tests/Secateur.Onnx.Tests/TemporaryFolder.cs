using Google.Protobuf;

namespace Secateur.Onnx.Tests;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("secateur-");

    public string Path => folder.FullName;

    public IEnumerable<string> Entries => folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(entry => entry.Name);

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file as it is, without Secateur.</summary>
    public string With(string name, ReadOnlySpan<byte> bytes)
    {
        System.IO.File.WriteAllBytes(File(name), bytes);
        return File(name);
    }

    public string With(string name, IMessage message) => With(name, message.ToByteArray());

    public void Dispose() => folder.Delete(recursive: true);
}
