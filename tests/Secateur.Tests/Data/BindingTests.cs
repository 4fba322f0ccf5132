using Secateur.Data;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class BindingTests
{
    [Fact]
    public void Features_go_to_the_inputs_of_their_names()
    {
        using var scope = NewDisposeScope();
        using var data = Data(("b", arange(6).reshape(3, 2)), ("a", rand(3, 4)));
        var binding = Binding.Of(Graph(("a", DataType.Float, [null, 4]), ("b", DataType.Int64, [null, 2])), data.Whole);
        var read = data.Whole.Read([2, 0]);
        var bound = binding.Bind(read);
        Assert.True(bound["a"].Same(read["a"]));
        Assert.True(bound["b"].Same(read["b"]));
        Assert.Null(binding.FixedBatch);
        Assert.Equal([1, 4], binding.Shapes(data.Whole)["a"]);
    }

    [Fact]
    public void What_follows_from_the_tokens_need_not_be_in_the_data()
    {
        using var scope = NewDisposeScope();
        using var data = Data(("input_ids", arange(6).reshape(2, 3)), ("attention_mask", ones([2, 3], ScalarType.Int64)));
        var binding = Binding.Of(Graph(("input_ids", DataType.Int64, [null, null]), ("token_type_ids", DataType.Int64, [null, null]), ("position_ids", DataType.Int32, [null, null])), data.Whole);
        var bound = binding.Bind(data.Whole.Read([1, 0]));
        Assert.Equal([3, 4, 5, 0, 1, 2], bound["input_ids"].data<long>().ToArray());
        Assert.Equal([0, 0, 0, 0, 0, 0], bound["token_type_ids"].data<long>().ToArray());
        Assert.Equal([0, 1, 2, 0, 1, 2], bound["position_ids"].data<int>().ToArray());
    }

    [Fact]
    public void A_lone_feature_goes_to_a_lone_input_in_its_shape_and_type()
    {
        using var scope = NewDisposeScope();
        using var data = Data(("pixels", (rand(3, 1, 2, 2) * 255).to(ScalarType.Byte)));
        foreach (var (type, shape) in new (DataType, long?[])[] { (DataType.Float, [1, 4]), (DataType.Float, [1, 2, 2, 1]), (DataType.Float16, [1, null]), (DataType.Uint8, [1, 1, null, null]) })
        {
            var binding = Binding.Of(Graph(("whatever", type, shape)), data.Whole);
            var (read, bound) = (data.Whole.Read([1]), binding.Bind(data.Whole.Read([1]))["whatever"]);
            var scale = type == DataType.Uint8 ? 255 : 1;
            Assert.Equal((read["pixels"].flatten() * scale).round(2).data<float>().ToArray(), bound.flatten().to(ScalarType.Float32).round(2).data<float>().ToArray(), (a, b) => Math.Abs(a - b) < 0.011);
            Assert.Equal(binding.Shapes(data.Whole)["whatever"], bound.shape);
            Assert.Equal(1, binding.FixedBatch);
        }
    }

    [Fact]
    public void The_attention_mask_is_left_out_where_the_model_takes_none()
    {
        using var scope = NewDisposeScope();
        using var data = Data(("input_ids", zeros(3, 8, dtype: ScalarType.Int64)), ("attention_mask", ones(3, 8, dtype: ScalarType.Int64)));
        var bound = Binding.Of(Graph(("tokens", DataType.Int64, [null, null])), data.Whole).Bind(data.Whole.Read([0]));
        Assert.Equal(0, bound["tokens"].sum().item<long>());
        Assert.Single(bound);
    }

    [Theory]
    [InlineData(new long[] { 1, 4, 4 }, new long[] { 3, 4, 4 }, "the model takes pictures of 3 channels, these have 1; convert the pictures")]
    [InlineData(new long[] { 3, 4, 4 }, new long[] { 4, 4, 3 }, "the model takes channels last; say layout: nhwc in a YAML file")]
    [InlineData(new long[] { 4, 4, 3 }, new long[] { 3, 4, 4 }, "the data has channels last; say layout: nchw in a YAML file")]
    [InlineData(new long[] { 3, 4, 4 }, new long[] { 3, 8, 8 }, "in a YAML file with size: [HEIGHT, WIDTH]")]
    [InlineData(new long[] { 12 }, new long[] { 13 }, "give the data the model's shape")]
    public void What_does_not_fit_is_shown_side_by_side(long[] have, long[] wanted, string mend)
    {
        using var scope = NewDisposeScope();
        using var data = Data(("x", zeros([3, .. have])));
        var message = Refusal(Graph(("in", DataType.Float, [null, .. wanted.Select(size => (long?)size)])), data);
        Assert.StartsWith($"'x' does not fit the model's 'in' (the model takes in [?, {string.Join(", ", wanted)}]; the data has x [N, {string.Join(", ", have)}]); ", message);
        Assert.EndsWith(mend, message.Replace(", or take a model for theirs", ""));
    }

    [Fact]
    public void A_name_that_is_missing_is_shown_with_both_mends()
    {
        using var scope = NewDisposeScope();
        using var data = Data(("x", zeros(3, 4)), ("y2", zeros(3, 4)));
        Assert.Equal("the data has no 'in', which the model takes (the model takes in [?, 4]; the data has x [N, 4], y2 [N, 4]); "
            + "name the array or column so, or say in a YAML file inputs: {in: COLUMN}", Refusal(Graph(("in", DataType.Float, [null, 4])), data));
    }

    [Fact]
    public void A_label_out_of_range_names_its_example()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        folder.Npz("x.npz", ("x", zeros(20, 2)), ("labels", tensor((long[])[.. Enumerable.Repeat(3L, 17), 12, 3, 3])));
        using var data = folder.Open("x.npz", new() { HeldOutShare = 0, TestShare = 0 });
        LabelCheck.Within(data, 13);
        Assert.EndsWith("x.npz: example #17 has label 12, the model has 10 outputs; number the labels from 0, or take a model with more outputs",
            Assert.Throws<SecateurException>(() => LabelCheck.Within(data, 10)).Message);
    }

    private static string Refusal(Graph graph, DataSet data) => Assert.Throws<SecateurException>(() => Binding.Of(graph, data.Whole)).Message;

    private static DataSet Data(params (string Name, Tensor Tensor)[] arrays)
    {
        using var folder = new DataFolder();
        folder.Npz("x.npz", arrays);
        return folder.Open("x.npz");
    }

    private static Graph Graph(params (string Name, DataType Type, long?[] Shape)[] inputs)
    {
        var graph = new GraphProto();
        foreach (var (name, type, shape) in inputs)
        {
            var form = new TensorShapeProto();
            foreach (var size in shape) form.Dim.Add(size is { } value ? new TensorShapeProto.Types.Dimension { DimValue = value } : new());
            graph.Input.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = form } } });
        }
        graph.Node.Add(new NodeProto { OpType = "Identity", Input = { inputs[0].Name }, Output = { "y" } });
        graph.Output.Add(new ValueInfoProto { Name = "y" });
        return new OnnxModel(new ModelProto { Graph = graph }).Graph;
    }
}
