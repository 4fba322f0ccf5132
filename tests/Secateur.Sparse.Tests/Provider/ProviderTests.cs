namespace Secateur.Sparse.Tests.Provider;

public sealed class ProviderTests
{
    public static TheoryData<string> Names => [.. Cases.All.Keys];

    public static TheoryData<string> Activations => [.. Cases.Activations.Keys];

    /// <summary>Where sizes are known ONNX Runtime makes other nodes of the same before we see them.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Equals_ONNX_Runtime_and_takes_what_it_can(string name)
    {
        var (fused, make) = Cases.All[name];
        foreach (var sparsity in Draw.Sparsities)
        {
            var graph = new Case(1, sparsity);
            var output = make(graph);
            var report = Law.Holds(graph.OpenModel(output), [graph.Inputs], threads: 2);
            Assert.Equal(fused, Fused(report));
            if (sparsity == 0.9) Assert.Equal(report.Length, Fused(Law.Holds(graph.Model(output), [graph.Inputs])).Split('|').Length);
        }
    }

    [Theory, MemberData(nameof(Activations))]
    public void Takes_each_activation(string name)
    {
        var (fused, make) = Cases.Activations[name];
        var graph = new Case(2, 0.8);
        var report = Law.Holds(graph.OpenModel(make(graph, Cases.Biased(graph))), [graph.Inputs]);
        Assert.Equal($"Add, {fused}", Fused(report));
    }

    /// <summary>What is fused with each claimed layer.</summary>
    public static string Fused(string[] report) => string.Join('|', report.Select(line =>
    {
        var fields = line.Split('\t');
        Assert.Equal("claimed", fields[2]);
        var with = fields[3].IndexOf(" with ", StringComparison.Ordinal);
        return with < 0 ? "-" : fields[3][(with + 6)..].Split(" behind ")[0];
    }));
}
