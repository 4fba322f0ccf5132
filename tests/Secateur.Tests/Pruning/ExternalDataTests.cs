using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using Secateur.Tests.Evaluation;

namespace Secateur.Tests.Pruning;

/// <summary>A model whose weights are in a file beside it goes through the main job, and comes out so.</summary>
[Collection(nameof(Alone))]
public sealed class ExternalDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory, InlineData(Storage.Dense), InlineData(Storage.Sparse)]
    public void Pruned_it_is_two_files_again_that_both_count(Storage storage)
    {
        var (dense, output) = (Dense(), folder.File("out.onnx"));
        var result = Pruner.For(dense).With(new() { Sparsity = 0.75, Storage = storage }).Run(null, output, new() { Benchmark = false }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(["dense.onnx", "dense.onnx.data", "out.onnx", "out.onnx.data"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
        Assert.Equal(new FileInfo(dense).Length + new FileInfo(dense + ".data").Length, result.Input.Bytes);
        Assert.Equal(new FileInfo(output).Length + new FileInfo(output + ".data").Length, result.Output.Bytes);
        Assert.Equal(ModelFile.Digest(dense, dense + ".data").Sha256, result.Lineage.Model);
        Assert.Equal(ModelFile.Digest(output, output + ".data").Sha256, result.Output.Sha256);
        Assert.Equal(0.75, result.Sparsity, 0.01);
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var runtime = new OrtModel(output, 1);
        var x = TorchSharp.torch.rand(2, 40);
        using var network = new Secateur.Execution.Network(OnnxModel.Load(output));
        Assert.True(TorchSharp.torch.allclose(network.Run(new Dictionary<string, TorchSharp.torch.Tensor> { ["x"] = x })[0], runtime.Run(new Dictionary<string, TorchSharp.torch.Tensor> { ["x"] = x })[0], 1e-5, 1e-6));
    }

    [Theory, InlineData("dense.onnx"), InlineData("dense.onnx.data"), InlineData("dense")]
    public void Neither_the_model_nor_its_data_is_written_over(string output)
    {
        var dense = Dense("dense.data");
        if (output == "dense.onnx.data") File.Move(folder.File("dense.data"), dense + ".data");
        var error = Assert.Throws<SecateurException>(() =>
            Pruner.For(output == "dense.onnx.data" ? Dense() : dense).With(new() { Sparsity = 0.5 }).Run(null, folder.File(output), new() { Benchmark = false }, cancel: TestContext.Current.CancellationToken));
        Assert.StartsWith($"{folder.File(output)}: is the model to prune itself", error.Message);
    }

    private string Dense(string data = "dense.onnx.data")
    {
        var random = new Random(1);
        TensorProto Weight(string name, int rows, int columns) => TensorData.Of(name, [.. Enumerable.Range(0, rows * columns).Select(_ => random.NextSingle() - 0.5f)], rows, columns);
        var x = TensorData.Of("x", new float[80], 2, 40);
        var model = SmallGraphs.Of(17, [SmallGraphs.Node("MatMul", ["x", "w1"], ["h"]), SmallGraphs.Node("Relu", ["h"], ["r"]), SmallGraphs.Node("Gemm", ["r", "w2"], ["y"])],
            [x], [Weight("w1", 40, 60), Weight("w2", 60, 30)], ["y"]);
        File.WriteAllBytes(folder.File(data), [.. model.Proto.Graph.Initializer.SelectMany(tensor => tensor.RawData.ToByteArray())]);
        var offset = 0;
        foreach (var tensor in model.Proto.Graph.Initializer)
        {
            tensor.ExternalData.Add([new() { Key = "location", Value = data }, new() { Key = "offset", Value = $"{offset}" }]);
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            offset += tensor.RawData.Length;
            tensor.ClearRawData();
        }
        AtomicFile.Write(folder.File("dense.onnx"), stream => Google.Protobuf.MessageExtensions.WriteTo(model.Proto, stream));
        return folder.File("dense.onnx");
    }
}
