using Secateur.Data;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class YamlFileTests
{
    [Fact]
    public void Columns_go_to_inputs_and_the_split_is_as_said()
    {
        using var folder = new DataFolder();
        folder.Text("d/train.csv", "a,b,c,kind\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"{i},{i * 2},{i * 3},{(i % 2 == 0 ? "x" : "y")}\n")));
        folder.Text("d/test.csv", "a,b,c,kind\n1,2,3,y\n");
        folder.Text("d.yaml", "train: d/train.csv\ntest: d/test.csv\nlabels: kind\ninputs: {left: [c, a], right: b}\nheldOut: 0.25\nclasses: [y, x]\nloss: cross-entropy\nmetric: accuracy\n");
        using var data = folder.Open("d.yaml");
        Assert.Equal((15, 5, 1), (data.Train.Count, data.HeldOut.Count, data.Test.Count));
        Assert.Equal([3f, 1], data.Test.Floats("left"));
        Assert.Equal([2f], data.Test.Floats("right"));
        Assert.Equal(["y", "x"], data.ClassNames);
        Assert.Equal([0], data.Test.Labels!.Value);
        Assert.Equal(("cross-entropy", "accuracy"), (data.Loss, data.Metric));
    }

    [Fact]
    public void Scale_mean_std_and_layout_change_what_is_read()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        var pictures = rand(4, 3, 2, 5);
        folder.Npz("x.npz", ("pixels", pictures), ("ids", arange(4)));
        folder.Text("d.yaml", "train: x.npz\nscale: 2\nmean: [0.1, 0.2, 0.3]\nstd: [4, 5, 6]\nlayout: nhwc\n");
        using var data = folder.Open("d.yaml");
        var read = data.Whole.Read([1, 3]);
        var expected = ((pictures.index_select(0, tensor(new long[] { 1, 3 })) * 2) - tensor(new[] { 0.1f, 0.2f, 0.3f }).reshape(3, 1, 1)) / tensor(new[] { 4f, 5, 6 }).reshape(3, 1, 1);
        Assert.True(read["pixels"].Same(expected.permute(0, 2, 3, 1)));
        Assert.Equal([1, 3], read["ids"].data<long>().ToArray());
        Assert.Equal([2, 5, 3], data.Whole.Features[0].Shape);
        folder.Npz("last.npz", ("pixels", pictures.permute(0, 2, 3, 1)));
        folder.Text("back.yaml", "train: last.npz\nlayout: nchw\ninputs: {image: pixels}\n");
        using var back = folder.Open("back.yaml");
        Assert.True(back.Whole.ReadAll()["image"].Same(pictures));
    }

    [Fact]
    public void Classes_of_two_files_are_matched_by_name()
    {
        using var folder = new DataFolder();
        folder.Text("train.txt", "b\tone\nc\ttwo\nb\tthree\n");
        folder.Text("test.txt", "a\tone\nc\ttwo\n");
        folder.Text("d.yaml", "train: train.txt\ntest: test.txt\nlength: 3\n");
        using var data = folder.Open("d.yaml");
        Assert.Equal(["a", "b", "c"], data.ClassNames);
        Assert.Equal([0, 2], data.Test.Labels!.Value);
        Assert.DoesNotContain(0L, data.Train.Labels!.Value);
        Assert.Equal([3], data.Test.Features[0].Shape);
        Assert.Equal(257, data.Vocabulary);
    }

    [Theory]
    [InlineData("trian: x.csv", "has the unknown key 'trian'; did you mean 'train'? Known are train, test, labels, characters, inputs, ")]
    [InlineData("train: x.csv\nheldout: 0.1", "has the unknown key 'heldout'; did you mean 'heldOut'?")]
    [InlineData("test: x.csv", "does not say where the data is; add train: PATH")]
    [InlineData("train: no.csv", "no.csv: no such file or folder; check the path")]
    [InlineData("train: d.yaml", "d.yaml is a YAML file again; name the data itself")]
    [InlineData("train: x.csv\nmetric: f2", "metric: 'f2' is not known; take one of accuracy, agreement")]
    [InlineData("train: x.csv\nloss: mse", "loss: 'mse' is not known; take one of cross-entropy, distillation")]
    [InlineData("train: x.csv\nlayout: chw", "layout: 'chw' is not known; take one of nchw, nhwc")]
    [InlineData("train: x.csv\nscale: much", "scale: holds something else than numbers; write scale: as docs/data.md shows")]
    [InlineData("train: x.csv\nmean: [1, 2, 3]", "mean: has 3 numbers, 'features' is [1]; give one, or one a channel")]
    [InlineData("train: x.csv\nstd: 0", "std: holds 0, by which nothing can be divided")]
    [InlineData("train: x.csv\ninputs: {in: z}", "has no column 'z' for the input 'in'; it has a")]
    [InlineData("train: x.csv\nclasses: [only]", "classes: names 1, the labels go up to 1; name them all")]
    [InlineData("train: x.csv\nheldOut: 1.5", "leave nothing to train on")]
    [InlineData("train: [x", "is no YAML (")]
    [InlineData("just words", "is no YAML mapping; write lines such as train: PATH")]
    public void What_is_wrong_is_named_with_the_mend(string text, string message)
    {
        using var folder = new DataFolder();
        folder.Text("x.csv", "a,y\n1,0\n2,1\n");
        folder.Text("d.yaml", text);
        var refusal = folder.Refusal("d.yaml");
        Assert.Contains(message, refusal);
        Assert.DoesNotContain('\n', refusal);
    }
}
