using Secateur.Data;
using Secateur.Onnx.Proto;
using Secateur.Tests.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class LabellingTests
{
    [Fact]
    public void Arrays_of_any_shape_are_labels_as_they_are()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        var masks = randint(0, 256, [5, 4, 6]).to_type(ScalarType.Byte);
        folder.Npz("x.npz", ("x", rand(5, 3)), ("labels", masks));
        using var data = folder.Open("x.npz");
        Assert.Null(data.Whole.Labels);
        Assert.Equal([4, 6], data.Whole.Target!.Shape);
        Assert.True(data.Whole.ReadTarget([3, 0]).Same(masks[tensor(new long[] { 3, 0 })]));
        Assert.Single(data.Whole.Features);
        using var unread = folder.Open("x.npz", new() { ReadLabels = false });
        Assert.Null(unread.Whole.Target);
    }

    [Fact]
    public void Fractions_are_numbers_to_be_met_and_whole_ones_too_where_the_task_says_so()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        folder.Text("x.csv", "a,y\n1,0.5\n2,3\n3,-1\n");
        using var data = folder.Open("x.csv");
        Assert.Equal([0.5f, 3, -1], data.Whole.ReadTarget([0, 1, 2]).data<float>().ToArray());
        folder.Text("w.csv", "a,y\n1,7\n2,3\n3,9\n");
        using var classes = folder.Open("w.csv");
        Assert.Equal([7, 3, 9], classes.Whole.Labels!.Value);
        using var numbers = folder.Open("w.csv", new() { Task = "regression" });
        Assert.Equal([7f, 3, 9], numbers.Whole.ReadTarget([0, 1, 2]).data<float>().ToArray());
        folder.Text("word.csv", "a,y\n1,7\n2,x\n3,9\n");
        Assert.Contains("example 2 has label 'x', which is no number, as regression needs", folder.Refusal("word.csv", new() { Task = "regression" }));
    }

    [Fact]
    public void Several_columns_are_labels_together()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        folder.Text("x.csv", "a,u,b,v\n1,0,9,1\n2,1,8,1\n3,0,7,0\n");
        folder.Text("d.yaml", "train: x.csv\nlabels: [v, u]\n");
        using var data = folder.Open("d.yaml");
        Assert.Equal([1, 0, 1, 1, 0, 0], data.Whole.ReadTarget([0, 1, 2]).data<long>().ToArray());
        Assert.Equal([1f, 9, 2, 8, 3, 7], data.Whole.Floats("features"));
        folder.Text("word.csv", "a,u,b,v\n1,0,9,1\n2,x,8,1\n3,0,7,0\n");
        folder.Text("word.yaml", "train: word.csv\nlabels: [v, u]\n");
        Assert.Contains("row 2 after the header has 'x' as one of several labels", folder.Refusal("word.yaml"));
    }

    [Fact]
    public void Lists_are_one_label_a_token_or_several_an_example()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        folder.Text("tags.jsonl", """
            {"input_ids": [5, 6, 7], "labels": [1, 0, 2]}
            {"input_ids": [8], "labels": [1]}
            {"input_ids": [9, 9, 9, 9, 9], "labels": [0, 0, 0, 0, 1]}

            """);
        using var tags = folder.Open("tags.jsonl", new() { Length = 4 });
        Assert.Equal([5f, 6, 7, 0, 8, 0, 0, 0, 9, 9, 9, 9], tags.Whole.Floats("input_ids"));
        Assert.Equal([1, 0, 2, -100, 1, -100, -100, -100, 0, 0, 0, 0], tags.Whole.ReadTarget([0, 1, 2]).data<long>().ToArray());
        folder.Text("many.jsonl", "{\"text\": \"a\", \"label\": [1, 0, 1]}\n{\"text\": \"b\", \"label\": [0, 0, 1]}\n{\"text\": \"c\", \"label\": [0, 0, 0]}\n");
        using var many = folder.Open("many.jsonl");
        Assert.Equal([3], many.Whole.Target!.Shape);
    }

    [Fact]
    public void Columns_go_to_the_inputs_of_their_names()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        folder.Text("x.csv", "u,v.0,v.1,y\n1,2,3,0\n4,5,6,1\n7,8,9,0\n");
        var both = TaskNets.Of([Testing.SmallGraphs.Node("Gemm", ["u", "w"], ["y"])], [null, 1], [("w", [1, 2])], [null, 2], "u");
        both.Proto.Graph.Input.Add(new ValueInfoProto { Name = "v", Type = both.Proto.Graph.Input[0].Type.Clone() });
        both.Proto.Graph.Input[1].Type.TensorType.Shape.Dim[1].DimValue = 2;
        var graph = new Secateur.Onnx.OnnxModel(both.Proto, "two.onnx").Graph;
        using var data = folder.Open("x.csv", new() { For = () => graph });
        var bound = Binding.Of(graph, data.Whole).Bind(data.Whole.Read([1]));
        Assert.Equal([4f], bound["u"].data<float>().ToArray());
        Assert.Equal([5f, 6], bound["v"].data<float>().ToArray());
        Assert.Equal([0, 1, 0], data.Whole.Labels!.Value);
    }

    [Fact]
    public void A_folder_of_arrays_has_examples_of_any_size()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        long[] sizes = [3, 5, 3, 4, 5];
        foreach (var (place, size) in sizes.Index()) folder.Npz($"set/{place}.npz", ("x", full([size, 6], place)), ("label", tensor((long)place % 2)));
        using var data = folder.Open("set");
        Assert.Equal([Feature.Varies, 6], data.Whole.Features.Single().Shape);
        Assert.Equal([0, 1, 0, 1, 0], data.Whole.Labels!.Value);
        Assert.Equal([2, 3, 6], data.Whole.Read([0, 2])["x"].shape);
        Assert.Equal(data.Whole.Bucket(0), data.Whole.Bucket(2));
        Assert.NotEqual(data.Whole.Bucket(0), data.Whole.Bucket(1));
        folder.Npz("odd/0.npz", ("x", zeros(2, 6)));
        folder.Npz("odd/1.npz", ("z", zeros(2, 6)));
        Assert.Contains("1.npz: has z of other names or axes than 0.npz", folder.Refusal("odd"));
    }
}
