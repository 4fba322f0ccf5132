namespace Secateur.Onnx.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Replaces_what_was_there()
    {
        AtomicFile.WriteText(folder.File("a.txt"), "one, longer");
        AtomicFile.WriteText(folder.File("a.txt"), "twö");
        Assert.Equal("twö", File.ReadAllText(folder.File("a.txt")));
        Assert.Equal(["a.txt"], folder.Entries);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_writer_that_throws_leaves_nothing_behind_and_the_old_file_as_it_was(bool old)
    {
        var path = folder.File("a.txt");
        if (old) AtomicFile.WriteText(path, "old");
        Assert.Throws<OperationCanceledException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new OperationCanceledException();
        }));
        Assert.Equal(old ? ["a.txt"] : [], folder.Entries);
        if (old) Assert.Equal("old", File.ReadAllText(path));
    }

    [Fact]
    public void A_full_disk_is_told_with_the_file_and_the_cause()
    {
        var path = folder.File("a.txt");
        var error = Assert.Throws<SecateurException>(() => AtomicFile.Write(path, _ => throw new IOException("No space left on device.")));
        Assert.Equal($"{path}: cannot be written (No space left on device); choose a folder that you may write to", error.Message);
        Assert.Empty(folder.Entries);
    }

    [Fact]
    public void A_file_cannot_take_the_place_of_a_folder_nor_be_made_under_a_file()
    {
        Directory.CreateDirectory(folder.File("sub"));
        AtomicFile.WriteText(folder.File("file"), "");
        foreach (var path in new[] { folder.File("sub"), Path.Combine(folder.File("file"), "a.txt"), Path.Combine(folder.File("absent"), "a.txt") })
        {
            var error = Assert.Throws<SecateurException>(() => AtomicFile.WriteText(path, "text"));
            Assert.StartsWith($"{path}: cannot be written (", error.Message);
            Assert.EndsWith("; choose a folder that you may write to", error.Message);
        }
        Assert.Equal(["file", "sub"], folder.Entries.Order());
    }

    [Fact]
    public void Probe_makes_the_folder_and_leaves_the_file_as_it_was()
    {
        AtomicFile.WriteText(folder.File("a.txt"), "old");
        AtomicFile.Probe(folder.File("a.txt"));
        AtomicFile.Probe(Path.Combine(folder.File("sub"), "b.txt"));
        Assert.Equal("old", File.ReadAllText(folder.File("a.txt")));
        Assert.Equal(["a.txt", "sub"], folder.Entries.Order());
    }

    [Fact]
    public void Probe_says_why_a_path_cannot_be_written()
    {
        Assert.Equal($"{folder.Path}: is a folder; name a file to write",
            Assert.Throws<SecateurException>(() => AtomicFile.Probe(folder.Path)).Message);
        AtomicFile.WriteText(folder.File("file"), "");
        var under = Path.Combine(folder.File("file"), "a.txt");
        Assert.StartsWith($"{under}: cannot be written (", Assert.Throws<SecateurException>(() => AtomicFile.Probe(under)).Message);
        Assert.Equal(["file"], folder.Entries);
    }
}
