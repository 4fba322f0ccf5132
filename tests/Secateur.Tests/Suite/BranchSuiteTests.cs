using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Tests.Suite;

/// <summary>The laws of leaving out branches, on the architectures of the suite.</summary>
public sealed class BranchSuiteTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("secateur-").FullName;

    public static TheoryData<string> Fast => [.. Skeletons.Fast];

    public static TheoryData<string> Slow => [.. Skeletons.All.Except(Skeletons.Fast)];

    public BranchSuiteTests() => Threads.Use(1);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Fast))]
    public void Removed_equals_masked(string name) => Check(name);

    [Theory(Explicit = true)]
    [Trait("category", "slow")]
    [MemberData(nameof(Slow))]
    public void Removed_equals_masked_in_the_larger_ones(string name) => Check(name);

    private void Check(string name)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder, name + ".onnx");
        Skeletons.Save(name, path);
        var model = OnnxModel.Load(path);
        using var network = new Network(model);
        var shapes = Skeletons.Inputs(name, model, seed: 1).ToDictionary(input => input.Key, input => input.Value.shape);
        var branches = Branches.Of(network, shapes);
        Branch[] free = [.. branches.All.Where(branch => branch.Held is null)];
        var random = new Random(5);
        foreach (var gone in ((Branch[][])[free, [.. free.Where(_ => random.Next(2) == 0)]]).Where(gone => gone.Length > 0))
        {
            var outcome = BranchLaw.Check(branches, gone, 3, 1, folder, seed => Skeletons.Inputs(name, model, seed: seed));
            Assert.InRange(outcome.Error, 0, 1e-4);
            Assert.InRange(outcome.Own, 0, 1e-3);
        }
    }
}
