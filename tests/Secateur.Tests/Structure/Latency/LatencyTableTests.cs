using Secateur.Structure.Latency;
using Secateur.Tests.Evaluation;

namespace Secateur.Tests.Structure.Latency;

public sealed class LatencyTableTests
{
    [Fact]
    public void What_is_saved_is_read_again()
    {
        using var folder = new TemporaryFolder();
        var own = LatencyTable.Own(1, folder.File("own.json"));
        own["Conv(v0:float[1,2])"] = 0.1 + 0.2;
        own["If(v0)"] = null;
        own.Save(own.Path);
        foreach (var read in (LatencyTable[])[LatencyTable.Own(1, own.Path), LatencyTable.Load(own.Path, 1)])
        {
            Assert.Equal(0.1 + 0.2, read["Conv(v0:float[1,2])"]);
            Assert.Null(read["If(v0)"]);
            Assert.Equal((2, 1), (read.Count, read.Threads));
            Assert.Equal(own.Machine, read.Machine);
        }
        Assert.True(LatencyTable.Own(1, own.Path).Grows);
        Assert.False(LatencyTable.Load(own.Path, 1).Grows);
        Assert.Equal(["own.json"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_table_for_other_threads_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("t.json");
        LatencyTable.Own(2, path).Save(path);
        Assert.Equal($"{path}: is for 2 threads, 1 are asked for; give --threads 2, or measure a table for 1", Assert.Throws<SecateurException>(() => LatencyTable.Load(path, 1)).Message);
        Assert.Throws<SecateurException>(() => LatencyTable.Own(1, path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"format\": \"secateur-latency-1\"}")]
    [InlineData("{\"format\": \"other\", \"machine\": MACHINE, \"threads\": 1, \"milliseconds\": {}}")]
    [InlineData("{\"format\": \"secateur-latency-1\", \"machine\": MACHINE, \"threads\": 1, \"milliseconds\": null}")]
    [InlineData("{\"format\": \"secateur-latency-1\", \"machine\": null, \"threads\": 1, \"milliseconds\": {}}")]
    [InlineData("{\"format\": \"secateur-latency-1\", \"machine\": MACHINE, \"threads\": 1, \"milliseconds\": {\"a\": -1}}")]
    [InlineData("{\"format\": \"secateur-latency-1\", \"machine\": MACHINE, \"threads\": 1, \"milliseconds\": {\"a\": \"x\"}}")]
    [InlineData("{\"format\": \"secateur-latency-1\", \"machine\": MACHINE, \"threads\": 1, \"milliseconds\": {\"a\": 1e999}}")]
    [InlineData("{\"format\": \"secateur-latency-1\", \"machine\": MACHINE, \"threads\": 0, \"milliseconds\": {}}")]
    public void A_damaged_file_is_refused(string text)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("t.json");
        File.WriteAllText(path, text.Replace("MACHINE", "{\"cpu\": \"c\", \"cores\": 1, \"memoryMb\": 1, \"os\": \"o\", \"onnxRuntime\": \"1\", \"dotNet\": \"1\"}"));
        Assert.Equal($"{path}: is no latency table; export it again (benchmark --export-table)", Assert.Throws<SecateurException>(() => LatencyTable.Load(path, 1)).Message);
        Assert.Equal($"{path}: is no latency table; delete it, and it is measured again", Assert.Throws<SecateurException>(() => LatencyTable.Own(1, path)).Message);
    }

    [Fact]
    public void Another_machines_table_is_loaded_but_not_taken_for_this_ones()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("t.json");
        File.WriteAllText(path, "{\"format\": \"secateur-latency-1\", \"machine\": {\"cpu\": \"c\", \"cores\": 1, \"memoryMb\": 1, \"os\": \"o\", \"onnxRuntime\": \"1\", \"dotNet\": \"1\"}, \"threads\": 1, \"milliseconds\": {}}");
        Assert.Equal("c", LatencyTable.Load(path, 1).Machine.Cpu);
        Assert.StartsWith($"{path}: was measured on another machine", Assert.Throws<SecateurException>(() => LatencyTable.Own(1, path)).Message);
    }

    [Fact]
    public void What_a_table_lacks_is_named()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("t.json");
        LatencyTable.Own(1, path).Save(path);
        Assert.Equal($"{path}: has no 'Relu'; export it from this very model (benchmark MODEL --export-table FILE)", Assert.Throws<SecateurException>(() => LatencyTable.Load(path, 1)["Relu"]).Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Equal("no/table.json: no such latency table; check the path", Assert.Throws<SecateurException>(() => LatencyTable.Load("no/table.json", 1)).Message);
}
