using System.Text.Json;

namespace Secateur.Cli.Tests;

public sealed class ProviderTests(Workshop workshop) : IClassFixture<Workshop>
{
    [Fact]
    public async Task Provider_tells_where_it_is_and_what_it_takes()
    {
        var json = await JsonAsync("provider");
        Assert.True(File.Exists(json.GetProperty("path").GetString()));
        Assert.Equal(["avx512", "avx2", "baseline"], Words(json, "instructionSets"));
        Assert.Contains(json.GetProperty("level").GetString(), Words(json, "instructionSets"));
        Assert.Equal(["MatMul", "Gemm", "Conv"], Words(json, "nodeKinds").Take(3));
        var (status, output, _) = await Request.RunAsync("provider");
        Assert.Equal((0, json.GetProperty("path").GetString()), (status, output.Trim()));
    }

    [Fact]
    public async Task Benchmark_measures_each_model_without_it_and_with_it()
    {
        var json = await JsonAsync("benchmark", workshop.Model, "--provider", "--threads", "1", "--time", "0.01", "--rounds", "5");
        Assert.Equal(["CPUExecutionProvider", "SecateurExecutionProvider"], json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("provider").GetString()));
    }

    [Fact]
    public async Task Inspect_tells_of_each_node_where_it_runs()
    {
        var nodes = (await JsonAsync("inspect", workshop.Model, "--provider")).GetProperty("provider").EnumerateArray().ToArray();
        Assert.Equal(3, nodes.Length);
        Assert.All(nodes, node => Assert.Equal((false, "Gemm"), (node.GetProperty("claimed").GetBoolean(), node.GetProperty("op").GetString())));
        Assert.Contains("times as fast as dense", nodes[0].GetProperty("why").GetString());
    }

    [Fact]
    public async Task What_is_packed_for_it_runs_there_alone()
    {
        var (pruned, packed) = (workshop.In("pruned.onnx"), workshop.In("packed.onnx"));
        await JsonAsync("prune", workshop.Model, "--sparsity", "0.9", "-o", pruned, "--threads", "1");
        await JsonAsync("pack", pruned, "-o", packed, "--provider");
        var json = await JsonAsync("benchmark", pruned, packed, "--provider", "--threads", "1", "--time", "0.01", "--rounds", "5");
        Assert.Equal(["CPUExecutionProvider", "SecateurExecutionProvider", "SecateurExecutionProvider"], json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("provider").GetString()));
        var nodes = (await JsonAsync("inspect", packed, "--provider")).GetProperty("provider").EnumerateArray().ToArray();
        Assert.Contains(nodes, node => node.GetProperty("claimed").GetBoolean() && node.GetProperty("why").GetString()!.Contains("com.secateur.SparseWeight", StringComparison.Ordinal));
    }

    private static IEnumerable<string?> Words(JsonElement json, string name) => json.GetProperty(name).EnumerateArray().Select(word => word.GetString());

    private static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var (status, output, error) = await Request.RunAsync([.. arguments, "--json", "-"]);
        Assert.True(status == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }
}
