using System.Text.Json;
using Secateur.Evaluation;

namespace Secateur.Cli.Tests;

public sealed class PackCommandTests(SmallWorkshop workshop) : IClassFixture<SmallWorkshop>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Packed_and_unpacked_it_is_the_same_file()
    {
        var folder = workshop.Empty();
        var (packed, back) = (Path.Combine(folder, "model.secz"), Path.Combine(folder, "back.onnx"));
        var told = await JsonAsync("pack", workshop.Model, "-o", packed, "--threads", "1");
        var bytes = await File.ReadAllBytesAsync(workshop.Model, Cancel);
        Assert.Equal("secz", told.GetProperty("format").GetString());
        Assert.Equal(bytes.Length, told.GetProperty("inputBytes").GetInt64());
        Assert.Equal(new FileInfo(packed).Length, told.GetProperty("bytes").GetInt64());
        Assert.Equal(ModelFile.Hash([packed]), told.GetProperty("sha256").GetString());
        var unpacked = await JsonAsync("unpack", packed, "-o", back);
        Assert.Equal(ModelFile.Hash([workshop.Model]), Assert.Single(unpacked.GetProperty("files").EnumerateArray()).GetProperty("sha256").GetString());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(back, Cancel));
        Assert.Equal(["back.onnx", "model.secz"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_pruned_model_is_smaller_as_a_sparse_one_and_answers_the_same()
    {
        var folder = workshop.Empty();
        var (pruned, packed) = (Path.Combine(folder, "pruned.onnx"), Path.Combine(folder, "packed.onnx"));
        await JsonAsync("prune", workshop.Model, "--sparsity", "0.9", "-o", pruned, "--threads", "1");
        var told = await JsonAsync("pack", pruned, "-o", packed);
        Assert.NotEmpty(told.GetProperty("tensors").EnumerateArray());
        Assert.InRange(new FileInfo(packed).Length, 1, new FileInfo(pruned).Length / 2);
        var results = (await JsonAsync("evaluate", pruned, packed, "--data", workshop.Data)).GetProperty("results").EnumerateArray().ToArray();
        Assert.Equal(results[0].GetProperty("loss").GetDouble(), results[1].GetProperty("loss").GetDouble());
        var again = (await Request.RunAsync("pack", packed, "-o", Path.Combine(folder, "again.onnx"), "--provider")).Output;
        Assert.Contains("the model has no weight of 1,024 elements that can be packed for the provider; .secz packs any model", again);
        Assert.Contains("not packed: 'fc1.weight', ", again);
        Assert.Contains(" zeros, is a sparse initializer; pack the file that it was made of", again);
        var table = (await Request.RunAsync("pack", pruned, "-o", packed)).Output;
        Assert.StartsWith($"{packed}: ", table);
        Assert.Contains("fc1.weight", table);
    }

    [Fact]
    public async Task Packed_for_the_provider_it_is_the_same_model_to_every_command_and_stock_runs_only_what_is_unpacked()
    {
        var folder = workshop.Empty();
        var (pruned, packed, back) = (Path.Combine(folder, "pruned.onnx"), Path.Combine(folder, "packed.onnx"), Path.Combine(folder, "back.onnx"));
        await JsonAsync("prune", workshop.Model, "--sparsity", "0.9", "-o", pruned, "--threads", "1");
        var told = await JsonAsync("pack", pruned, "-o", packed, "--provider");
        Assert.Equal("provider", told.GetProperty("format").GetString());
        Assert.Contains("fc1.weight", told.GetProperty("tensors").EnumerateArray().Select(tensor => tensor.GetProperty("name").GetString()));
        Assert.InRange(new FileInfo(packed).Length, 1, new FileInfo(pruned).Length / 4);
        Assert.Equal((await JsonAsync("inspect", pruned)).GetProperty("layers").ToString(), (await JsonAsync("inspect", packed)).GetProperty("layers").ToString());
        var mend = $"{packed}: its weights are packed for Secateur's provider; run it with --provider, or unpack it first: secateur unpack {packed} -o model.onnx";
        Assert.EndsWith(mend, (await Request.RunAsync("evaluate", packed, "--data", workshop.Data)).Error.TrimEnd());
        Assert.Equal(mend, await Request.RefusedAsync("benchmark", packed));
        Assert.StartsWith($"pack: --provider writes an ONNX file, and -o '{folder}/a.secz' is a container; ", await Request.RefusedAsync("pack", pruned, "-o", $"{folder}/a.secz", "--provider"));
        var unpacked = Assert.Single((await JsonAsync("unpack", packed, "-o", back)).GetProperty("files").EnumerateArray());
        Assert.Equal(("back.onnx", ModelFile.Hash([pruned])), (unpacked.GetProperty("name").GetString(), unpacked.GetProperty("sha256").GetString()));
        Assert.Equal(await File.ReadAllBytesAsync(pruned, Cancel), await File.ReadAllBytesAsync(back, Cancel));
    }

    [Fact]
    public async Task Where_nothing_is_sparse_it_is_said()
    {
        var same = Path.Combine(workshop.Empty(), "same.onnx");
        Assert.Contains("no weight that the provider multiplies by has 70.00% zeros: 'fc1.weight' has most, 0.00%; .secz packs any model", (await Request.RunAsync("pack", workshop.Model, "-o", same, "--provider")).Output);
        var left = (await JsonAsync("pack", workshop.Model, "-o", same, "--provider", "--threshold", "95%"));
        Assert.Equal(0.95, left.GetProperty("threshold").GetDouble());
        Assert.Contains("fc1.weight", left.GetProperty("left").EnumerateArray().Select(weight => weight.GetProperty("name").GetString()));
        var target = Path.Combine(workshop.Empty(), "same.onnx");
        Assert.Contains("no tensor has so many zeros that it is smaller as a sparse one", (await Request.RunAsync("pack", workshop.Model, "-o", target)).Output);
        Assert.Equal(await File.ReadAllBytesAsync(workshop.Model, Cancel), await File.ReadAllBytesAsync(target, Cancel));
    }

    [Fact]
    public async Task Commands_that_take_a_model_say_how_to_unpack()
    {
        var folder = workshop.Empty();
        var packed = workshop.In("packed.secz");
        await JsonAsync("pack", workshop.Model, "-o", packed);
        foreach (var arguments in (string[][])
            [
                ["inspect", packed],
                ["evaluate", packed, "--data", workshop.Data],
                ["benchmark", packed],
                ["prune", packed, "--data", workshop.Data, "-o", Path.Combine(folder, "a.onnx")],
                ["train", packed, "--data", workshop.Data, "-o", Path.Combine(folder, "a.onnx")],
                ["pack", packed, "-o", Path.Combine(folder, "a.onnx")],
            ])
            Assert.StartsWith($"{packed}: is a packed model; unpack it first: secateur unpack ", await Request.RefusedAsync(arguments));
        Assert.StartsWith($"{packed}: is packed already; ", await Request.RefusedAsync("pack", packed, "-o", Path.Combine(folder, "a.secz")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task What_cannot_be_done_is_refused_and_nothing_is_left()
    {
        var folder = workshop.Empty();
        var (bad, target) = (workshop.In("bad.secz"), Path.Combine(folder, "a.onnx"));
        await File.WriteAllTextAsync(bad, "this is no model\n", Cancel);
        Assert.Equal($"{bad}: is no ONNX file or is truncated; copy or export it again", await Request.RefusedAsync("pack", bad, "-o", target));
        Assert.Equal($"{bad}: is no packed model; name a .secz file that secateur pack has written", await Request.RefusedAsync("unpack", bad, "-o", target));
        Assert.StartsWith($"{workshop.In("none.secz")}: no such file; ", await Request.RefusedAsync("unpack", workshop.In("none.secz"), "-o", target));
        Assert.Equal("pack: -o 'model.zip' is of no kind that can be written; name it .onnx or .secz", await Request.RefusedAsync("pack", workshop.Model, "-o", "model.zip"));
        Assert.Equal("pack: --threshold is of --provider; name that too", await Request.RefusedAsync("pack", workshop.Model, "-o", target, "--threshold", "0.5"));
        Assert.StartsWith($"unpack: -o '{bad}' is the packed file itself; ", await Request.RefusedAsync("unpack", bad, "-o", bad));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    private static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var request = await Request.RunAsync([.. arguments, "--json", "-"]);
        Assert.True(request.Status == 0, request.Error);
        return JsonDocument.Parse(request.Output).RootElement;
    }
}
