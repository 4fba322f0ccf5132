using Google.Protobuf;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Tests;

/// <summary>Tensors in files beside the model: read back as they were, written so that ONNX Runtime loads them, and never from elsewhere.</summary>
public sealed class ExternalDataTests : IDisposable
{
    private const int Size = 20; // [20, 20] float32: 1600 bytes, above what stays in the model

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Read_then_written_it_computes_the_same_in_ONNX_Runtime()
    {
        var whole = folder.With("whole.onnx", Model());
        var split = Split("split.onnx");
        Assert.Equal(["split.onnx", "weights.bin", "whole.onnx"], folder.Entries.Order());
        var (one, two) = (OnnxModel.Load(whole), OnnxModel.Load(split));
        Assert.Equal([split, folder.File("weights.bin")], two.Files);
        foreach (var (name, tensor) in one.Graph.Constants) Assert.Equal(tensor.ToArray<float>(), two.Graph.Constants[name].ToArray<float>());
        Assert.Equal(one.Hash(), OnnxModel.Load(whole).Hash());
        two.Save(folder.File("model.onnx"));
        Assert.Equal([folder.File("model.onnx"), folder.File("model.onnx.data")], two.Files);
        Assert.Equal(two.Files.Sum(file => new FileInfo(file).Length), two.Bytes);
        foreach (var file in new[] { split, folder.File("model.onnx") }) Assert.Equal(StockRuntime.Run(whole, X), StockRuntime.Run(file, X));
        var written = Tensors(ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder.File("model.onnx")))).Where(tensor => tensor.DataLocation == DataLocation.External).ToList();
        Assert.Equal(["inner", "held", "weight"], written.Select(tensor => tensor.Name)); // few bytes stay inside
        Assert.All(written, tensor => Assert.Equal(0, long.Parse(Entry(tensor, "offset")) % 4096));
        Assert.All(written, tensor => Assert.Equal(("model.onnx.data", "1600"), (Entry(tensor, "location"), Entry(tensor, "length"))));
        Assert.Equal(one.Graph.Constants.Count, OnnxModel.Load(folder.File("model.onnx")).Graph.Constants.Count);
        two.Save(folder.File("model.onnx")); // over itself, from what is in memory
        Assert.Equal(StockRuntime.Run(whole, X), StockRuntime.Run(folder.File("model.onnx"), X));
    }

    [Fact]
    public void One_stretch_may_be_of_several_tensors_but_parts_of_it_may_not()
    {
        var shared = OnnxModel.Load(Split("split.onnx", place => place with { Offset = 0 }));
        Assert.Equal(shared.Graph.Constants["weight"].ToArray<float>(), shared.Graph.Constants["inner"].ToArray<float>());
        Assert.Same(shared.Graph.Constants["weight"].RawData, shared.Graph.Constants["inner"].RawData);
        Refused(Split("split.onnx", place => place with { Offset = place.Offset / 4 }), "tensors '", "' overlap in 'weights.bin'; export the model again");
    }

    [Theory]
    [InlineData("", "which names no file; export the model again")]
    [InlineData("absent.bin", "which is not there; copy it beside the model")]
    [InlineData("sub", "which is not there; copy it beside the model")]
    [InlineData("../weights.bin", "which may lie outside the model's folder; put the data beside the model and name it so")]
    [InlineData("sub/../../weights.bin", "which may lie outside the model's folder; put the data beside the model and name it so")]
    [InlineData("/etc/passwd", "which may lie outside the model's folder; put the data beside the model and name it so")]
    [InlineData("..\\weights.bin", "which may lie outside the model's folder; put the data beside the model and name it so")]
    [InlineData("C:weights.bin", "which may lie outside the model's folder; put the data beside the model and name it so")]
    [InlineData("file:///etc/passwd", "which may lie outside the model's folder; put the data beside the model and name it so")]
    [InlineData("link.bin", "which is reached through a symbolic link; put the file itself beside the model")]
    [InlineData("linked/weights.bin", "which is reached through a symbolic link; put the file itself beside the model")]
    public void Files_outside_of_the_models_folder_are_not_touched(string location, string message)
    {
        Directory.CreateDirectory(folder.File("sub"));
        File.CreateSymbolicLink(folder.File("link.bin"), folder.File("weights.bin"));
        Directory.CreateSymbolicLink(folder.File("linked"), folder.Path);
        Refused(Split("split.onnx", place => place with { Location = location }), "tensor 'weight' keeps its data in '" + location + "', ", message);
    }

    [Theory]
    [InlineData("offset", "4096000", "takes 1600 bytes from 4096000 on of 'weights.bin', which has 9792")]
    [InlineData("offset", "9223372036854775807", "takes 1600 bytes from 9223372036854775807 on of 'weights.bin', which has 9792")]
    [InlineData("offset", "9000", "takes 1600 bytes from 9000 on of 'weights.bin', which has 9792")]
    [InlineData("offset", "-1", "has the offset '-1', which is no number")]
    [InlineData("offset", "18446744073709551616", "has the offset '18446744073709551616', which is no number")]
    [InlineData("length", "1599", "has shape [20, 20] but 1599 bytes in 'weights.bin'")]
    [InlineData("length", "1e9", "has the length '1e9', which is no number")]
    public void Places_outside_of_the_file_are_refused(string key, string value, string message) =>
        Refused(Split("split.onnx", change: tensor => tensor.ExternalData.Single(entry => entry.Key == key).Value = value),
            "tensor 'weight' ", message + "; copy or export the model and its data again");

    [Fact]
    public void A_small_file_that_claims_much_is_refused_before_memory_is_taken()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(Split("split.onnx", change: tensor => (tensor.Dims[0], tensor.Dims[1]) = (1 << 20, 10 << 20)), "tensor 'weight' has shape [1048576, 10485760] but 1600 bytes", "");
        Refused(Split("split.onnx", change: tensor => { tensor.Dims[0] = 500_000_000_000; tensor.ExternalData.RemoveAt(2); }),
            "tensor 'weight' takes 40000000000000 bytes from 0 on of 'weights.bin', which has 9792", "");
        Refused(Split("split.onnx", change: tensor => tensor.DataType = (int)DataType.String), "tensor 'weight' is of type String, which cannot lie in another file", "");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void A_model_in_memory_says_where_its_data_would_be()
    {
        var proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Split("split.onnx")));
        Assert.Equal("tensor 'weight' keeps its data in another file, and the model was not loaded from one; load it by its path",
            Assert.Throws<SecateurException>(() => new OnnxModel(proto, "m")).Message["m: ".Length..]);
    }

    [Fact]
    public void A_data_file_that_cannot_be_written_leaves_the_old_model()
    {
        var model = OnnxModel.Load(Split("split.onnx"));
        Directory.CreateDirectory(folder.File("out.onnx.data"));
        File.WriteAllText(folder.File("out.onnx"), "old");
        Assert.StartsWith($"{folder.File("out.onnx.data")}: cannot be written (", Assert.Throws<SecateurException>(() => model.Save(folder.File("out.onnx"))).Message);
        Assert.Equal("old", File.ReadAllText(folder.File("out.onnx")));
        Assert.Equal(["out.onnx", "out.onnx.data", "split.onnx", "weights.bin"], folder.Entries.Order());
    }

    private static TensorProto X => TensorData.Of("x", [.. Enumerable.Range(0, Size).Select(i => i % 5 - 1.5f)], 1, Size);

    private void Refused(string path, string begin, string end)
    {
        var message = Assert.Throws<SecateurException>(() => OnnxModel.Load(path)).Message;
        Assert.StartsWith($"{path}: {begin}", message);
        Assert.Contains(end, message);
    }

    /// <summary>A weight, one in a Constant node, one inside a branch.</summary>
    private static ModelProto Model()
    {
        var branch = SmallGraphs.Graph([SmallGraphs.Node("MatMul", ["b", "inner"], ["chosen"])], [], [Weight("inner", 3)], [SmallGraphs.Describe(TensorData.Of("chosen", new float[Size], 1, Size))]);
        var other = SmallGraphs.Graph([SmallGraphs.Node("Abs", ["b"], ["kept"])], [], [], [SmallGraphs.Describe(TensorData.Of("kept", new float[Size], 1, Size))]);
        return SmallGraphs.Of(17,
            [
                SmallGraphs.Node("Constant", [], ["held"], ("value", Weight("held", 2))),
                SmallGraphs.Node("MatMul", ["x", "weight"], ["a"]),
                SmallGraphs.Node("Gemm", ["a", "held"], ["b"]),
                SmallGraphs.Node("If", ["yes"], ["y"], ("then_branch", branch), ("else_branch", other)),
            ],
            [X], [Weight("weight", 1), SmallGraphs.Tensor<bool>("yes", DataType.Bool, [true])], ["y"]).Proto;
    }

    private static TensorProto Weight(string name, int seed) =>
        TensorData.Of(name, [.. Enumerable.Range(0, Size * Size).Select(i => (i * 37 + seed) % 19 / 19f - 0.5f)], Size, Size);

    private static IEnumerable<TensorProto> Tensors(ModelProto proto)
    {
        var graph = proto.Graph;
        return [graph.Node[3].Attribute[0].G.Initializer[0], graph.Node[0].Attribute[0].T, .. graph.Initializer];
    }

    /// <summary>The model with its larger tensors in weights.bin; a change of place is of all but the first.</summary>
    private string Split(string name, Func<(string Location, long Offset), (string Location, long Offset)>? place = null, Action<TensorProto>? change = null)
    {
        var proto = Model();
        using var data = new MemoryStream();
        foreach (var tensor in Tensors(proto).Where(tensor => tensor.RawData.Length > 1000).Reverse())
        {
            var at = (Location: "weights.bin", Offset: data.Position);
            data.Write(tensor.RawData.Span);
            data.SetLength((data.Length + 4095) / 4096 * 4096);
            data.Position = data.Length;
            at = place?.Invoke(at) ?? at;
            tensor.ClearRawData();
            tensor.DataLocation = DataLocation.External;
            foreach (var (key, value) in new[] { ("location", at.Location), ("offset", $"{at.Offset}"), ("length", "1600") })
                tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
            if (tensor.Name == "weight") change?.Invoke(tensor);
        }
        folder.With("weights.bin", data.ToArray()[..9792]);
        return folder.With(name, proto);
    }

    private static string Entry(TensorProto tensor, string key) => tensor.ExternalData.Single(entry => entry.Key == key).Value;
}
