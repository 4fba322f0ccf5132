using Secateur.Evaluation;
using Secateur.Execution;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Evaluation;

public sealed class OrtModelTests
{
    private static readonly float[,] Weight = { { 1, -2, 0.5f }, { 0, 3, -1 } };

    [Fact]
    public void Equals_our_own_execution()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var model = Models.Convolutional();
        using var network = new Network(model);
        using var session = new OrtModel(model.In(folder, "m.onnx"), threads: 1);
        Dictionary<string, Tensor> inputs = new() { ["x"] = randn(7, 2, 4, 4) };
        var (ours, theirs) = (network.Run(inputs)[0], session.Run(inputs)[0]);
        Assert.Equal(ours.shape, theirs.shape);
        Assert.True(ours.allclose(theirs, 1e-5, 1e-5));
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 5)]
    [InlineData(3, 3)]
    [InlineData(4, 1)]
    public void A_fixed_batch_changes_no_answer(long fixedBatch, long batch)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var open = new OrtModel(Models.Linear(Weight).In(folder, "open.onnx"), threads: 1);
        using var fixedOne = new OrtModel(Models.Linear(Weight, batch: fixedBatch).In(folder, "fixed.onnx"), threads: 1);
        Assert.Null(open.FixedBatch);
        Assert.Equal((int)fixedBatch, fixedOne.FixedBatch);
        Dictionary<string, Tensor> inputs = new() { ["x"] = randn(batch, 3) };
        Assert.True(open.Run(inputs)[0].allclose(fixedOne.Run(inputs)[0], 1e-6, 1e-6));
    }

    [Fact]
    public void Inputs_need_not_lie_in_order_in_memory()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var session = new OrtModel(Models.Linear(Weight).In(folder, "m.onnx"), threads: 1);
        var x = randn(3, 4);
        Assert.True(session.Run(new Dictionary<string, Tensor> { ["x"] = x.t() })[0].allclose(x.t().matmul(tensor(Weight).t()), 1e-5, 1e-5));
    }

    [Fact]
    public void Leaves_no_tensor_behind()
    {
        using var folder = new TemporaryFolder();
        using var outer = NewDisposeScope();
        using var session = new OrtModel(Models.Linear(Weight, batch: 2).In(folder, "m.onnx"), threads: 1);
        Dictionary<string, Tensor> inputs = new() { ["x"] = randn(5, 3) };
        long Live()
        {
            using var scope = NewDisposeScope();
            session.Run(inputs);
            return scope.DisposablesCount;
        }
        Assert.Equal(1, Live());
        Assert.Equal(1, Live());
    }

    [Fact]
    public void A_text_named_onnx_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("text.onnx");
        File.WriteAllText(path, "not a model");
        var e = Assert.Throws<SecateurException>(() => new OrtModel(path));
        Assert.StartsWith($"{path}: ONNX Runtime cannot load it", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_missing_file_is_refused_by_name() =>
        Assert.Equal("none.onnx: no such file; check the path", Assert.Throws<SecateurException>(() => new OrtModel("none.onnx")).Message);

    [Fact]
    public void Wrong_inputs_are_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var path = Models.Linear(Weight).In(folder, "m.onnx");
        using var session = new OrtModel(path, threads: 1);
        string Refusal(string name, Tensor x) => Assert.Throws<SecateurException>(() => session.Run(new Dictionary<string, Tensor> { [name] = x })).Message;
        Assert.Equal($"{path}: input 'x' is [?, 3], the data gives [2, 4]; bring the data into the model's shape", Refusal("x", randn(2, 4)));
        Assert.StartsWith($"{path}: the data has no 'x', which the model asks for", Refusal("y", randn(2, 3)));
        Assert.StartsWith($"{path}: input 'x' is of type Float, the data of type Int64", Refusal("x", zeros(2, 3, ScalarType.Int64)));
    }
}
