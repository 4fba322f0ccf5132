namespace Secateur.Onnx.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly Models files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Failed_write_leaves_what_was_there()
    {
        var path = files.Write([1, 2, 3], "kept");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(9);
            throw new InvalidOperationException();
        }));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal(["kept"], files.Files);
    }

    [Fact]
    public void Probe_leaves_nothing()
    {
        AtomicFile.Probe(files.PathOf("later.onnx"));
        Assert.Empty(files.Files);
    }

    [Fact]
    public void Place_that_cannot_be_written_is_named()
    {
        var file = files.Write([1], "file");
        var message = Assert.Throws<SecateurException>(() => AtomicFile.Probe(Path.Combine(file, "out.onnx"))).Message;
        Assert.StartsWith(Path.Combine(file, "out.onnx"), message);
        Assert.Contains("cannot be written", message);
    }
}
