using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

public sealed class DropoutTests
{
    [Theory]
    [InlineData(10), InlineData(13)]
    public void Drops_its_ratio_in_training_and_scales_the_rest(long opset)
    {
        using var scope = NewDisposeScope();
        var y = Run(opset, 0.25f, new Mode(Training: true))[0];
        Assert.Equal(0.25, y.eq(0).to(ScalarType.Float32).mean().item<float>(), 0.02);
        Assert.True(allclose(y[y.ne(0)], tensor(1 / 0.75f)));
    }

    [Theory]
    [InlineData(10, 0.25f, false), InlineData(13, 0.25f, false), InlineData(10, null, true), InlineData(13, null, true)]
    public void Drops_nothing_in_use_or_without_a_ratio(long opset, float? ratio, bool training)
    {
        using var scope = NewDisposeScope();
        Assert.True(Run(opset, ratio, new Mode(training))[0].eq(1).all().item<bool>());
    }

    [Fact]
    public void Mask_says_what_was_kept()
    {
        using var scope = NewDisposeScope();
        var outputs = Run(13, 0.5f, new Mode(Training: true), withMask: true);
        Assert.True(outputs[1].eq(outputs[0].ne(0)).all().item<bool>());
    }

    [Fact]
    public void Refuses_a_ratio_of_one()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<SecateurException>(() => Run(13, 1, new Mode(Training: true)));
        Assert.Equal("node 'dropout' (Dropout): its ratio is 1; a share of at least 0 and below 1 is needed, export the model again", error.Message);
    }

    private static Tensor[] Run(long opset, float? ratio, Mode mode, bool withMask = false)
    {
        var isInput = opset >= 12 && ratio is not null;
        (string, object)[] attributes = opset < 12 && ratio is { } share ? [("ratio", share)] : [];
        TensorProto[] constants = isInput ? [TensorData.Of("ratio", [ratio!.Value])] : [];
        var node = SmallGraphs.Node("Dropout", isInput ? ["x", "ratio"] : ["x"], withMask ? ["y", "mask"] : ["y"], attributes);
        var x = ones(100, 100);
        var model = SmallGraphs.Of(opset, [node], [TensorData.Of("x", new float[10000], 100, 100)], constants, ["y"]);
        return Operator.For(model.Graph.Nodes[0], "").Run(model.Graph.Nodes[0], [x, .. constants.Select(constant => constant.ToTorch())], mode);
    }
}
