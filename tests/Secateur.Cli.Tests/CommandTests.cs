using System.Text.Json;
using Secateur.Evaluation;
using Secateur.Onnx;

namespace Secateur.Cli.Tests;

public sealed class CommandTests(Workshop workshop) : IClassFixture<Workshop>
{
    [Fact]
    public async Task Inspect_writes_the_contract()
    {
        var json = await JsonAsync("inspect", workshop.Model);
        var layers = json.GetProperty("layers").EnumerateArray().ToArray();
        Assert.Equal(json.GetProperty("parameters").GetInt64(), layers.Sum(layer => layer.GetProperty("parameters").GetInt64()));
        Assert.Equal((64 * 300) + (300 * 100) + (100 * 2), json.GetProperty("macs").GetInt64());
        Assert.Equal("Gemm", layers[0].GetProperty("op").GetString());
        Assert.Equal([300, 64], layers[0].GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()));
        var groups = json.GetProperty("groups").EnumerateArray().ToLookup(group => group.GetProperty("free").GetBoolean(), group => group.GetProperty("size").GetInt64());
        Assert.Equal([100, 300], groups[true].Order());
        Assert.Contains(2, groups[false]); // the classes
    }

    [Fact]
    public async Task Evaluate_writes_the_contract()
    {
        var json = await JsonAsync("evaluate", workshop.Model, workshop.Model, "--data", workshop.Data);
        var results = json.GetProperty("results").EnumerateArray().ToArray();
        Assert.Equal(2, results.Length);
        Assert.Equal("accuracy", results[0].GetProperty("metric").GetString());
        Assert.Equal(60, results[0].GetProperty("samples").GetInt64());
        Assert.True(results[0].GetProperty("value").GetDouble() > 0.9);
        Assert.Equal(1, results[1].GetProperty("agreement").GetDouble());
        Assert.Equal(2, results[1].GetProperty("slices").GetArrayLength());
        Assert.True(results[0].GetProperty("loss").GetDouble() < 0.5);
    }

    [Fact]
    public async Task Evaluate_takes_the_part_and_the_labels_that_are_asked_for()
    {
        var heldOut = await JsonAsync("evaluate", workshop.Model, "--data", workshop.Data, "--part", "held-out");
        Assert.Equal(30, heldOut.GetProperty("results")[0].GetProperty("samples").GetInt64());
        var unlabelled = await JsonAsync("evaluate", workshop.Model, "--data", workshop.Data, "--no-labels");
        Assert.Equal("agreement", unlabelled.GetProperty("results")[0].GetProperty("metric").GetString());
    }

    [Fact]
    public async Task Benchmark_writes_the_contract()
    {
        var json = await JsonAsync("benchmark", workshop.Model, workshop.Model, "--threads", "1", "--batch", "4", "--time", "0.01", "--rounds", "5");
        Assert.Equal(JsonValueKind.Object, json.GetProperty("machine").ValueKind);
        foreach (var result in json.GetProperty("results").EnumerateArray())
        {
            Assert.Equal((1, 4), (result.GetProperty("threads").GetInt32(), result.GetProperty("batch").GetInt32()));
            Assert.True(result.GetProperty("median_ms").GetDouble() > 0);
            Assert.True(result.GetProperty("p95_ms").GetDouble() >= result.GetProperty("median_ms").GetDouble());
            Assert.True(result.GetProperty("peak_mb").GetDouble() >= 0);
            Assert.True(result.GetProperty("speedup").GetDouble() > 0);
            Assert.Equal("CPUExecutionProvider", result.GetProperty("provider").GetString());
        }
    }

    [Fact]
    public async Task Benchmark_exports_a_table_of_latencies()
    {
        var folder = workshop.Empty();
        var (table, cache) = (Path.Combine(folder, "table.json"), Path.Combine(folder, "cache.json"));
        await JsonAsync("benchmark", workshop.Model, "--threads", "1", "--time", "0.01", "--rounds", "5", "--export-table", table, "--latency-cache", cache);
        var json = JsonDocument.Parse(await File.ReadAllTextAsync(table, TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal(1, json.GetProperty("threads").GetInt32());
        Assert.NotEmpty(json.GetProperty("machine").GetProperty("onnxRuntime").GetString()!);
        Assert.Contains(json.GetProperty("milliseconds").EnumerateObject(), piece => piece.Name.StartsWith("Gemm{", StringComparison.Ordinal) && piece.Value.GetDouble() >= 0);
        Assert.Equal(["cache.json", "table.json"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Prune_writes_the_contract_the_file_and_the_report()
    {
        var folder = workshop.Empty();
        var (target, report) = (Path.Combine(folder, "pruned.onnx"), Path.Combine(folder, "report.html"));
        var json = await JsonAsync("prune", workshop.Model, "--data", workshop.Data, "--sparsity", "80%", "--epochs", "1", "-o", target, "--report", report);
        foreach (var name in (string[])["input", "output", "sparsity", "layers", "metric", "quality", "rounds", "recipe", "lineage", "seconds"])
            Assert.True(json.TryGetProperty(name, out _), name);
        Assert.Equal(0.8, json.GetProperty("sparsity").GetDouble(), 1e-3);
        Assert.Equal(ModelFile.Digest(target).Sha256, json.GetProperty("output").GetProperty("sha256").GetString());
        Assert.StartsWith($"secateur prune {workshop.Model} --data", json.GetProperty("lineage").GetProperty("command").GetString());
        Assert.Equal(["pruned.onnx", "report.html"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order());
        Assert.Contains("<html", await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken));
        var evaluated = await JsonAsync("evaluate", target, "--data", workshop.Data);
        Assert.Equal(json.GetProperty("quality").GetProperty("after").GetDouble(), evaluated.GetProperty("results")[0].GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task A_plan_needs_no_data_and_leaves_nothing()
    {
        var folder = workshop.Empty();
        var plan = await JsonAsync("prune", workshop.Model, "--plan", "--sparsity", "0.5", "-o", Path.Combine(folder, "a.onnx"));
        Assert.Equal(6, plan.GetProperty("layers").GetArrayLength());
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task Json_goes_to_a_file_whole_and_the_table_to_standard_output()
    {
        var path = Path.Combine(workshop.Empty(), "inspect.json");
        var request = await Request.RunAsync("inspect", workshop.Model, "--json", path);
        Assert.Equal((0, ""), (request.Status, request.Error));
        Assert.Contains("fc1.weight", request.Output);
        Assert.DoesNotContain('\u001b', request.Output);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal(workshop.Model, json.RootElement.GetProperty("path").GetString());
    }

    [Theory]
    [InlineData("criteria", "magnitude")]
    [InlineData("allocations", "global")]
    [InlineData("schedules", "cubic")]
    [InlineData("architectures", "lenet-300-100")]
    public async Task The_words_are_listed_each_with_what_it_is(string command, string word)
    {
        var listed = (await JsonAsync(command)).GetProperty(command).EnumerateArray().ToArray();
        Assert.Contains(word, listed.Select(entry => entry.GetProperty("name").GetString()));
        Assert.All(listed, entry => Assert.NotEmpty(entry.GetProperty("summary").GetString()!));
        Assert.Contains(word, (await Request.RunAsync(command)).Output);
    }

    [Fact]
    public async Task The_same_seed_trains_the_same_file()
    {
        var folder = workshop.Empty();
        string[] hashes = ["", "", ""];
        foreach (var (index, seed) in ((string[])["5", "5", "6"]).Index())
        {
            var target = Path.Combine(folder, $"{index}.onnx");
            Assert.Equal(0, (await Request.RunAsync("train", "lenet-300-100", "--data", workshop.Data, "-o", target, "--epochs", "1", "--seed", seed)).Status);
            hashes[index] = ModelFile.Digest(target).Sha256;
        }
        Assert.Equal(hashes[0], hashes[1]);
        Assert.NotEqual(hashes[0], hashes[2]);
    }

    private static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var request = await Request.RunAsync([.. arguments, "--json", "-"]);
        Assert.True(request.Status == 0, request.Error);
        return JsonDocument.Parse(request.Output).RootElement; // throws where anything else was written
    }
}
