using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Tests.Suite;

/// <summary>The architectures of the suite, filled: what all laws over them rest on.</summary>
public sealed class SkeletonTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public static TheoryData<string> Fast => [.. Skeletons.Fast];

    public static TheoryData<string> Slow => [.. Skeletons.All.Except(Skeletons.Fast)];

    public SkeletonTests() => Threads.Use(1);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Fast))]
    public void Ours_equals_ONNX_Runtime(string name) => CheckEqual(name);

    [Theory(Explicit = true)]
    [Trait("category", "slow")]
    [MemberData(nameof(Slow))]
    public void Ours_equals_ONNX_Runtime_in_the_larger_ones(string name) => CheckEqual(name);

    [Fact]
    public void One_seed_gives_one_model()
    {
        Assert.Equal(Skeletons.Load("ghostnet", 7).Hash(), Skeletons.Load("ghostnet", 7).Hash());
        Assert.NotEqual(Skeletons.Load("ghostnet", 7).Hash(), Skeletons.Load("ghostnet", 8).Hash());
    }

    [Fact]
    public void A_packed_model_keeps_graph_masks_and_the_size_of_its_weights()
    {
        var model = Skeletons.Load("gpt2_past");
        var before = Weights(model);
        var again = Skeleton.Unpack(new MemoryStream(Skeleton.Pack(model.Proto)), 5, "again.onnx");
        Assert.Equal(model.Graph.Nodes.Select(node => node.Name), again.Graph.Nodes.Select(node => node.Name));
        Assert.Equal(before.Keys, Weights(again).Keys);
        foreach (var (name, (mean, deviation)) in Weights(again))
        {
            Assert.Equal(before[name].Mean, mean, 0.3 * before[name].Deviation + 1e-6);
            Assert.InRange(deviation, 0.7 * before[name].Deviation, 1.4 * before[name].Deviation);
        }
    }

    private static Dictionary<string, (double Mean, double Deviation)> Weights(OnnxModel model)
    {
        using var network = new Network(model);
        return network.Parameters.Where(pair => pair.Value.numel() > 64)
            .ToDictionary(pair => pair.Key, pair => (pair.Value.mean().item<float>() + 0.0, pair.Value.std().item<float>() + 0.0));
    }

    /// <summary>On two seeds of inputs; the outputs are finite and differ between the seeds.</summary>
    private void CheckEqual(string name)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var path = Path.Combine(folder, name + ".onnx");
        Skeletons.Save(name, path);
        var model = OnnxModel.Load(path);
        using var network = new Network(model);
        using var runtime = new OrtModel(path, 1);
        var (first, second) = (Skeletons.Inputs(name, model, seed: 1), Skeletons.Inputs(name, model, seed: 2));
        var (ours, theirs, others) = (network.Run(first), runtime.Run(first), runtime.Run(second));
        for (var i = 0; i < theirs.Length; i++)
        {
            Assert.Equal(theirs[i].shape, ours[i].shape);
            Assert.True(theirs[i].isfinite().all().item<bool>());
            var largest = theirs[i].abs().max().item<float>();
            Assert.InRange((ours[i] - theirs[i]).abs().max().item<float>(), 0, 1e-4f * largest);
            Assert.True((theirs[i] - others[i]).abs().max().item<float>() > 1e-3f * largest, $"output {i} hardly depends on the input");
        }
    }
}
