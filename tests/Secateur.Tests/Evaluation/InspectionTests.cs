using System.Security.Cryptography;
using Secateur.Architectures;
using Secateur.Evaluation;

namespace Secateur.Tests.Evaluation;

public sealed class InspectionTests
{
    [Fact]
    public void Counts_parameters_nonzeros_and_work()
    {
        var seen = Inspection.Of(Models.Linear(new float[,] { { 1, 0, -0f }, { 0, 2, 3 } }));
        Assert.Equal((8, 3, 6), (seen.Parameters, seen.Nonzero, seen.Macs));
        Assert.Equal(["fc.weight", "fc.bias"], seen.Layers.Select(layer => layer.Name));
        var weight = seen.Layers[0];
        Assert.Equal(("fc", "Gemm", "weight", 6L, 3L, 0.5, 6L),
            (weight.Node, weight.Op, weight.Kind, weight.Parameters, weight.Nonzero, weight.Sparsity, weight.Macs));
        Assert.Equal([2, 3], weight.Shape);
        Assert.Equal((13, "tests"), (seen.Opset, seen.Producer));
        Assert.Equal(["x [batch, 3]"], seen.Inputs);
    }

    [Fact]
    public void A_shared_weight_counts_once_but_works_twice()
    {
        var seen = Inspection.Of(Models.Shared(new float[,] { { 1, 2 }, { 3, 4 } }));
        Assert.Equal(4, seen.Parameters);
        Assert.Equal(8, seen.Macs);
        Assert.Equal(8, Assert.Single(seen.Layers).Macs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Work_is_of_one_example_whatever_batch_the_file_fixes(long batch) =>
        Assert.Equal(6, Inspection.Of(Models.Linear(new float[2, 3], batch: batch)).Macs);

    [Fact]
    public void Groups_hold_all_that_is_tied_and_say_why_not()
    {
        var groups = Inspection.Of(Models.Convolutional()).Groups;
        var channels = groups.First(group => group is { Name: "conv.weight", Free: true, Size: 3 });
        Assert.Equal(("channel", 3), (channels.Kind, channels.Size));
        Assert.Superset(
            new HashSet<string> { "conv.weight[0]", "bn.scale[0]", "bn.bias[0]", "bn.mean[0]", "bn.var[0]" }, channels.Members.ToHashSet());
        Assert.Contains((5L, false, "it is an axis of the model's output 'y'"), groups.Where(group => group.Name == "fc.weight").Select(group => (group.Size, group.Free, group.Why)));
    }

    [Fact]
    public void Facts_are_the_files_own()
    {
        using var folder = new TemporaryFolder();
        var path = Models.Linear(new float[,] { { 1, 0, 5 }, { 0, 2, 3 } }).In(folder, "m.onnx");
        var facts = ModelFile.Facts(path);
        var bytes = File.ReadAllBytes(path);
        Assert.Equal((path, bytes.LongLength, 8L, 4L, 6L), (facts.Path, facts.Bytes, facts.Parameters, facts.Nonzero, facts.Macs));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), facts.Sha256);
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        Assert.Equal(packed.Length, facts.GzipBytes);
    }

    [Fact]
    public void What_could_be_written_anew_is_told()
    {
        var transformer = Inspection.Of(Architecture.All["vit-small"].Build(new() { InputShape = [1, 28, 28], Classes = 10 }, 7)).Rewriting;
        var stream = Assert.Single(transformer.Streams);
        Assert.Equal((64, 9), (stream.Width, stream.Normalizations));
        Assert.True(stream is { Writers: >= 8, Readers: >= 8 } && transformer.Factorable >= 16);
        var residual = Inspection.Of(Architecture.All["resnet-8"].Build(new() { InputShape = [3, 8, 8], Classes = 10 }, 7)).Rewriting;
        Assert.Empty(residual.Streams);
        Assert.Contains("(Relu)", residual.StreamsRefused[0], StringComparison.Ordinal);
        Assert.InRange(residual.Factorable, 8, 10);
    }
}
