using Google.Protobuf;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using TorchSharp;
using static Secateur.Testing.SmallGraphs;
using static TorchSharp.torch;

namespace Secateur.Tests.Execution;

/// <summary>A graph that holds texts runs: they pass outside of LibTorch.</summary>
public sealed class TextTests
{
    [Fact]
    public void Texts_that_nothing_reads_are_no_hindrance()
    {
        using var scope = NewDisposeScope();
        var model = Model(Node("Neg", ["x"], ["y"]));
        using var network = new Network(model);
        Assert.Equal([-1f, -2], network.Run(new Dictionary<string, Tensor> { ["x"] = tensor([1f, 2]) })[0].data<float>().ToArray());
        network.Store();
        Assert.Equal("yes", model.Graph.Constants["words"].StringData[0].ToStringUtf8());
        Assert.Equal(0, Inspection.Of(model).Parameters);
    }

    [Theory]
    [InlineData("Identity", "words", "small.onnx: output 'y' is a text [1]; export the model with tensors as its outputs")]
    [InlineData("Neg", "words", "node 'neg' (Neg): input 0 is a text [1], a tensor is needed; export the model again")]
    [InlineData("Neg", "asked", "node 'neg' (Neg): reads 'asked', which is no number (complex, or a text or other value that was left out); cut the node off and export the model again")]
    public void A_text_where_a_number_is_needed_is_told(string type, string text, string message)
    {
        using var scope = NewDisposeScope();
        using var network = new Network(Model(Node(type, [text], ["y"])));
        Assert.Equal(message, Assert.Throws<SecateurException>(() => network.Run(new Dictionary<string, Tensor> { ["x"] = tensor([1f, 2]) })).Message);
    }

    private static OnnxModel Model(NodeProto node)
    {
        var words = new TensorProto { Name = "words", DataType = (int)TensorProto.Types.DataType.String };
        words.Dims.Add(1);
        words.StringData.Add(ByteString.CopyFromUtf8("yes"));
        var asked = Tensor<byte>("asked", TensorProto.Types.DataType.String, [], 1);
        return Of(17, [node], [TensorData.Of("x", new float[2], 2), asked], [words], ["y"]);
    }
}
