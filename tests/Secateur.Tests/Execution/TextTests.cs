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

/// <summary>A graph that holds texts runs as far as none is read.</summary>
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

    [Theory, InlineData("words"), InlineData("asked")]
    public void A_node_that_reads_a_text_says_so(string text)
    {
        using var scope = NewDisposeScope();
        using var network = new Network(Model(Node("Identity", [text], ["y"])));
        var error = Assert.Throws<SecateurException>(() => network.Run(new Dictionary<string, Tensor> { ["x"] = tensor([1f, 2]) }));
        Assert.Equal($"node 'identity' (Identity): reads '{text}', which is no number (text, complex, left out); cut the node off and export the model again", error.Message);
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
