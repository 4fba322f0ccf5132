using CsCheck;
using Secateur.Data;
using Secateur.Onnx;
using Secateur.Tests.Tasks;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class PreprocessingTests
{
    [Fact]
    public void Every_picture_has_its_place_inside_of_the_tensor() =>
        Gen.Select(Gen.Int[0, Sizing.All.Count - 1].Select(place => Sizing.All.Keys[place]), Gen.Int[1, 700], Gen.Int[1, 700], Gen.Int[1, 300], Gen.Int[1, 300], Gen.Int[1, 64], Gen.Bool)
            .Sample((resize, height, width, wantedHeight, wantedWidth, step, crop) =>
            {
                var how = new Preprocessing { Resize = resize, Height = wantedHeight, Width = wantedWidth, Step = step, Limit = 640, Crop = crop ? (wantedHeight, wantedWidth) : null };
                var place = how.Place(height, width);
                Assert.True(place is { Rows: >= 1, Columns: >= 1, Top: >= 0, Left: >= 0 });
                Assert.True(place.Top + place.Rows <= place.Height && place.Left + place.Columns <= place.Width);
                Assert.True(place.Rows <= place.OutHeight && place.Columns <= place.OutWidth);
                if (crop || resize is "stretch" or "pad") Assert.Equal((wantedHeight, wantedWidth), (place.OutHeight, place.OutWidth));
                if (resize == "multiple" && !crop) Assert.Equal((0, 0), (place.OutHeight % step, place.OutWidth % step));
                if (resize == "height" && !crop) Assert.True(place.OutWidth == wantedWidth || place.OutWidth % step == 0);
            }, iter: 2000);

    [Fact]
    public void Lines_keep_their_ratio_are_padded_with_the_mean_and_lie_in_buckets()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        Draw(folder.At("a.png"), 24, 100, new SKColor(255, 127, 0)); // 48 x 200 in 320
        Draw(folder.At("b.png"), 48, 400, new SKColor(255, 127, 0)); // 48 x 400 in 448
        Draw(folder.At("c.png"), 48, 390, new SKColor(0, 0, 0));
        using var data = folder.Open("", new() { Preprocessing = Preprocessing.Named("ocr") });
        Assert.Null(data.Whole.Target);
        Assert.Equal([3, 48, Feature.Varies], data.Whole.Features.Single().Shape);
        Assert.Equal([0, 1, 1], new[] { 0, 1, 2 }.Select(index => data.Whole.Bucket(index)));
        var line = data.Whole.Read([0])["pixels"];
        Assert.Equal([1, 3, 48, 320], line.shape);
        Assert.Equal([-1, (127 / 255f - 0.5f) / 0.5f, 1], line[0, TensorIndex.Colon, 20, 30].data<float>().ToArray().Select(value => value), (one, other) => Math.Abs(one - other) < 1e-6); // blue first
        Assert.Equal(0, line.narrow(3, 200, 120).abs().max().item<float>());
        Assert.Equal([2, 3, 48, 448], data.Whole.Read([1, 2])["pixels"].shape);
        Assert.Throws<ArgumentException>(() => data.Whole.Read([0, 1]));
    }

    [Theory]
    [InlineData("imagenet", 3, 224, 224)]
    [InlineData("clip", 3, 224, 224)]
    [InlineData("ocr-detection", 3, 64, 96)]
    public void Presets_give_the_sizes_that_they_are_known_for(string preset, int channels, int height, int width)
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        Draw(folder.At("a.png"), 70, 90, new SKColor(10, 20, 30));
        using var data = folder.Open("", new() { Preprocessing = Preprocessing.Named(preset) });
        Assert.Equal([channels, height, width], data.Whole.Features.Single().Shape);
        var how = Preprocessing.Named(preset);
        var (first, other) = how.Channels == "bgr" ? (30, 10) : (10, 30);
        var middle = data.Whole.Read([0])["pixels"][0, TensorIndex.Colon, height / 2, width / 2].data<float>().ToArray();
        Assert.Equal([(first / 255.0 - how.Mean[0]) / how.Std[0], (20 / 255.0 - how.Mean[1]) / how.Std[1], (other / 255.0 - how.Mean[2]) / how.Std[2]],
            middle.Select(value => (double)value), (one, two) => Math.Abs(one - two) < 1e-5);
    }

    public static TheoryData<string, string, string> Models => new()
    {
        { "line", "ocr", "a recognizer of text" }, { "pages", "ocr-detection", "a detector of text" }, { "thousand", "imagenet", "1000 classes out" }, { "grey", "between 0 and 1, grey", "" },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Where_nothing_is_told_the_model_tells_and_it_is_said(string model, string preset, string why)
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        Draw(folder.At("a.png"), 40, 50, SKColors.Red);
        Draw(folder.At("b.png"), 60, 80, SKColors.Blue);
        var graph = Graph(model);
        using var data = folder.Open("", new() { For = () => graph });
        Assert.Contains(preset, Assert.Single(data.Assumed));
        Assert.Contains(why, data.Assumed[0]);
        Assert.Contains(data.Assumed[0], data.Description);
        var binding = Binding.Of(graph, data.Whole);
        foreach (var batch in new Batches(data.Whole, binding, 2).InOrder()) Assert.NotEmpty(binding.Bind(data.Whole.Read(batch.Indices)));
    }

    [Fact]
    public void A_yaml_file_says_more_than_its_preset()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        Draw(folder.At("set/a.png"), 40, 20, new SKColor(51, 102, 255));
        folder.Text("d.yaml", "train: set\npreprocess: imagenet\nresize: pad\nsize: [32, 32]\ncrop: [32, 24]\nchannels: bgr\nmean: 0.2\nstd: 0.5\nlayout: nhwc\n");
        using var data = folder.Open("d.yaml");
        Assert.Equal([32, 24, 3], data.Whole.Features.Single().Shape);
        var pixels = data.Whole.Read([0])["pixels"];
        Assert.Equal([(1 - 0.2) / 0.5, (0.4 - 0.2) / 0.5, 0], pixels[0, 10, 5].data<float>().ToArray().Select(value => (double)value), (one, other) => Math.Abs(one - other) < 1e-5);
        Assert.Equal(0, pixels[0, 10, 20].abs().max().item<float>()); // 16 columns of picture, the rest padding
    }

    [Theory]
    [InlineData("train: set\nresize: squash", "resize: 'squash' is not known; take one of height, multiple, pad, shortest, stretch")]
    [InlineData("train: set\npreprocess: vgg", "preprocess: 'vgg' is not known; take one of clip, imagenet, ocr, ocr-detection")]
    [InlineData("train: set\nmean: [0.1, 0.2]", "mean: has 2 numbers, the pictures have 3 channels; give one, or one a channel")]
    [InlineData("train: set\nstd: 0", "std: holds 0, by which nothing can be divided")]
    [InlineData("train: set\nlabels: none.txt", "labels: no such file none.txt")]
    [InlineData("train: set\nlabels: some.txt", "some.txt: has no line for a.png; label all pictures or none")]
    [InlineData("train: set\nlabels: all.txt\ncharacters: keys.txt", "holds 'z', which keys.txt does not have")]
    public void What_is_wrong_is_named_with_the_mend(string text, string message)
    {
        using var folder = new DataFolder();
        Draw(folder.At("set/a.png"), 4, 4, SKColors.Red);
        folder.Text("some.txt", "b.png\tx\n");
        folder.Text("all.txt", "set/a.png\txyz\n");
        folder.Text("keys.txt", "x\ny\n");
        folder.Text("d.yaml", text + "\n");
        Assert.Contains(message, folder.Refusal("d.yaml"));
    }

    [Fact]
    public void Texts_are_labels_in_the_symbols_of_the_model()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        foreach (var name in new[] { "a", "b" }) Draw(folder.At($"set/{name}.png"), 4, 4, SKColors.Red);
        folder.Text("keys.txt", "x\ny\n");
        folder.Text("labels.txt", "a.png\tyx y\nset/b.png\tx\n".Replace("a.png", "set/a.png"));
        folder.Text("d.yaml", "train: set\nlabels: labels.txt\ncharacters: keys.txt\n");
        using var data = folder.Open("d.yaml");
        Assert.Null(data.Whole.Labels);
        Assert.Equal([2, 1, 3, 2, 1, -100, -100, -100], data.Whole.ReadTarget([0, 1]).data<long>().ToArray());
    }

    private static Graph Graph(string model) => model switch
    {
        // a line of text is pooled to one row, then a score at each column
        "line" => TaskNets.Of(
            [
                Testing.SmallGraphs.Node("ReduceMean", ["x"], ["r"], ("axes", new long[] { 2 }), ("keepdims", 0L)),
                Testing.SmallGraphs.Node("Transpose", ["r"], ["t"], ("perm", new long[] { 0, 2, 1 })),
                Testing.SmallGraphs.Node("MatMul", ["t", "w"], ["y"]),
            ], [null, 3, 48, null], [("w", [3, 9])], [null, null, 9]).Graph,
        "pages" => TaskNets.Maps(1, "Sigmoid").Graph,
        "thousand" => TaskNets.Of(
            [Testing.SmallGraphs.Node("GlobalAveragePool", ["x"], ["p"]), Testing.SmallGraphs.Node("Flatten", ["p"], ["f"]), Testing.SmallGraphs.Node("Gemm", ["f", "w"], ["y"])],
            [null, 3, 96, 96], [("w", [3, 1000])], [null, 1000]).Graph,
        _ => TaskNets.Maps(4, inputs: 1).Graph,
    };

    private static void Draw(string path, int height, int width, SKColor colour)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(colour);
        using var file = File.Create(path);
        Assert.True(bitmap.Encode(file, SKEncodedImageFormat.Png, 90));
    }
}
