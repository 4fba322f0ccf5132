using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure.Ranks;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Tests.Suite;

/// <summary>Layers written as two, on the architectures of the suite: at full rank nothing changes, at half of it ours equals ONNX Runtime.</summary>
public sealed class RankSuiteTests : IDisposable
{
    private const int Widest = 600; // rows and columns of a weight, so that a decomposition takes no minutes

    private readonly string folder = Directory.CreateTempSubdirectory("secateur-").FullName;

    public static TheoryData<string> Fast => [.. Skeletons.Fast];

    public static TheoryData<string> Slow => [.. Skeletons.All.Except(Skeletons.Fast)];

    public RankSuiteTests() => Threads.Use(1);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Fast))]
    public void Full_rank_equals_dense(string name) => Check(name);

    [Theory(Explicit = true)]
    [Trait("category", "slow")]
    [MemberData(nameof(Slow))]
    public void Full_rank_equals_dense_in_the_larger_ones(string name) => Check(name);

    private void Check(string name)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var path = Path.Combine(folder, name + ".onnx");
        Skeletons.Save(name, path);
        using var network = new Network(OnnxModel.Load(path));
        Factorable[] layers = [.. Factorable.Of(network).Where(layer => Math.Max(layer.IsTall ? layer.Inputs : layer.Outputs, layer.FullRank) <= Widest).Take(24)];
        if (layers.Length == 0) return;
        var inputs = Skeletons.Inputs(name, network.Model, seed: 2);
        using var moments = new Moments();
        network.Run(inputs, default, (node, given, outputs) =>
        {
            foreach (var layer in layers.Where(layer => layer.Node == node)) moments.Add(layer, given, outputs[0]!);
        });
        Dictionary<Factorable, (Tensor, Tensor)> full = [], half = [];
        foreach (var layer in layers)
        {
            using var basis = Basis.Of(layer, moments[layer]);
            (full[layer], half[layer]) = (basis.Factors(layer, layer.FullRank), basis.Factors(layer, (layer.FullRank + 1) / 2));
        }
        using var dense = new OrtModel(path, 1);
        var expected = dense.Run(inputs);
        var (same, _) = Run(network.Model, full, inputs);
        var (made, own) = Run(network.Model, half, inputs);
        Assert.InRange(RemovalLaw.Difference(expected, same), 0, 1e-3);
        Assert.InRange(RemovalLaw.Difference(made, own), 0, 1e-3);
    }

    private (Tensor[] Theirs, Tensor[] Ours) Run(OnnxModel model, Dictionary<Factorable, (Tensor, Tensor)> factors, Dictionary<string, Tensor> inputs)
    {
        var path = Path.Combine(folder, "factored.onnx");
        Splitting.Apply(model, factors).Save(path);
        using var runtime = new OrtModel(path, 1);
        using var network = new Network(OnnxModel.Load(path));
        return (runtime.Run(inputs), network.Run(inputs));
    }
}
