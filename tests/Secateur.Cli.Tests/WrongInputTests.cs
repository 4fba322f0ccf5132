using Secateur.Onnx;
using Secateur.Testing;

namespace Secateur.Cli.Tests;

/// <summary>Each wrong input: one line that names the place and the mend, exit status 2, and nothing left behind.</summary>
public sealed class WrongInputTests(SmallWorkshop workshop) : IClassFixture<SmallWorkshop>
{
    [Fact]
    public async Task A_truncated_model()
    {
        var bytes = await File.ReadAllBytesAsync(workshop.Model, TestContext.Current.CancellationToken);
        var path = workshop.In("truncated.onnx");
        await File.WriteAllBytesAsync(path, bytes[..(bytes.Length / 3)], TestContext.Current.CancellationToken);
        await Refused([path, "--data", workshop.Data], path, "truncated", "again");
    }

    [Fact]
    public async Task Text_that_is_named_a_model()
    {
        var path = workshop.In("text.onnx");
        await File.WriteAllTextAsync(path, "version: 1\nweights: none\n", TestContext.Current.CancellationToken);
        await Refused([path, "--data", workshop.Data], path, "no ONNX", "again");
    }

    [Fact]
    public async Task Weights_that_are_not_finite()
    {
        var path = Changed("nan.onnx", model =>
        {
            var weight = model.Graph.Constants["fc2.weight"];
            var values = weight.ToArray<float>();
            values[17] = float.NaN;
            weight.SetBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
        });
        await Refused([path, "--data", workshop.Data], path, "'fc2.weight'", "NaN", "again");
        await Refused([path], path, "'fc2.weight'", "NaN");
    }

    [Fact]
    public async Task A_twin_of_what_has_none()
    {
        var line = await Request.RefusedAsync(["prune", workshop.Model, "--granularity", "rank", "--masked", workshop.In("twin.onnx"), "-o", workshop.In("factored.onnx")]);
        Assert.Contains("granularity rank removes none", line);
        Assert.False(File.Exists(workshop.In("factored.onnx")));
    }

    [Fact]
    public async Task Output_that_is_the_model_itself()
    {
        var before = await File.ReadAllBytesAsync(workshop.Model, TestContext.Current.CancellationToken);
        var line = await Request.RefusedAsync(["prune", workshop.Model, "--data", workshop.Data, "--threads", "1", "-o", workshop.Model]);
        Assert.Contains($"{workshop.Model}: is the model to prune itself", line);
        Assert.Contains("name another file", line);
        Assert.Equal(before, await File.ReadAllBytesAsync(workshop.Model, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Arrays_of_another_size()
    {
        var data = SmallPictures.Write(workshop.In("narrow.npz"), size: 7);
        await Refused([workshop.Model, "--data", data], data, "'input'", "[N, 1, 8, 7]", "YAML");
    }

    [Fact]
    public async Task Arrays_of_other_names()
    {
        var path = Changed("two.onnx", model => model.Proto.Graph.Input.Add(new Onnx.Proto.ValueInfoProto(model.Proto.Graph.Input[0]) { Name = "other" }));
        var data = SmallPictures.Write(workshop.In("named.npz"), input: "pixels");
        await Refused([path, "--data", data], data, "pixels", "'input'", "YAML");
    }

    [Fact]
    public async Task Labels_that_are_no_class_of_the_model()
    {
        var beyond = SmallPictures.Write(workshop.In("beyond.npz"), firstLabel: 1);
        await Refused([workshop.Model, "--data", beyond], beyond, "example", "label 4", "4 outputs", "number the labels from 0");
        var below = SmallPictures.Write(workshop.In("below.npz"), firstLabel: -1);
        await Refused([workshop.Model, "--data", below], below, "label -1", "number the classes 0, 1, 2");
    }

    [Fact]
    public async Task A_data_folder_that_is_empty()
    {
        var folder = workshop.Empty();
        await Refused([workshop.Model, "--data", folder], folder, ";");
    }

    [Fact]
    public async Task An_operator_that_is_not_known()
    {
        var path = Changed("unknown.onnx", model => model.Proto.Graph.Node.First(node => node.OpType == "Relu").OpType = "Frobnicate");
        await Refused([path, "--data", workshop.Data], path, "Frobnicate", ";");
    }

    [Fact]
    public async Task A_size_that_nothing_reaches()
    {
        await Refused([workshop.Model, "--data", workshop.Data, "--size", "10", "--criterion", "taylor", "--when", "during"], workshop.Model, "cannot become 10 bytes", "the smallest");
        await Refused([workshop.Model, "--size", "10"], workshop.Model, "cannot become 10 bytes");
        await Refused([workshop.Model, "--size", "10", "--plan"], workshop.Model, "cannot become 10 bytes");
    }

    [Fact]
    public async Task A_sparsity_that_nothing_reaches() =>
        await Refused([workshop.Model, "--data", workshop.Data, "--sparsity", "0.9", "--keep", "fc2*", "--rounds", "2"], workshop.Model, "cannot be reached", "--ends all");

    [Fact]
    public async Task A_folder_that_cannot_be_written()
    {
        foreach (var target in (string[])[Path.Combine(workshop.Data, "out.onnx"), "/proc/1/none/out.onnx"]) // a file is no folder, and the kernel's is not ours
            Assert.StartsWith($"{target}: cannot be written", await Request.RefusedAsync("prune", workshop.Model, "--data", workshop.Data, "-o", target));
    }

    [Fact]
    public async Task A_flag_that_is_not_known() =>
        await Refused([workshop.Model, "--data", workshop.Data, "--sparsty", "0.9"], "--sparsty", "did you mean --sparsity?");

    [Fact]
    public async Task A_drop_that_nothing_keeps_is_a_gate_and_not_a_wrong_request()
    {
        var folder = workshop.Empty();
        var request = await Request.RunAsync("prune", workshop.Model, "--data", workshop.Data, "--max-drop", "0", "--criterion", "random", "--layer", "fc3*=0.99",
            "--epochs", "0", "--ends", "all", "-o", Path.Combine(folder, "out.onnx"));
        Assert.Equal((1, ""), (request.Status, request.Output));
        Assert.StartsWith("secateur: no sparsity loses at most 0", request.ErrorLines[^1]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    private async Task Refused(string[] arguments, params string[] said)
    {
        var folder = workshop.Empty();
        var line = await Request.RefusedAsync(["prune", .. arguments, "--threads", "1", "-o", Path.Combine(folder, "out.onnx"), "--json", Path.Combine(folder, "out.json"), "--report", Path.Combine(folder, "out.html")]);
        foreach (var words in said) Assert.Contains(words, line);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    private string Changed(string name, Action<OnnxModel> change)
    {
        var (model, path) = (OnnxModel.Load(workshop.Model), workshop.In(name));
        change(model);
        model.Save(path);
        return path;
    }
}
