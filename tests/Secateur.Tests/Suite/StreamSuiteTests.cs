using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using Secateur.Tests.Structure;
using static TorchSharp.torch;

namespace Secateur.Tests.Suite;

/// <summary>The laws of turned residual streams, on the architectures of the suite that have one; the others are refused by the name of a node.</summary>
public sealed class StreamSuiteTests : IDisposable
{
    private static readonly string[] WithStream =
        ["bert", "clip", "experts", "gpt2_past", "gpt_neox", "llama", "llama_past", "t5_encoder_decoder", "vit_b_16", "vit_fused", "vit_multihead", "whisper_encoder"];

    private readonly string folder = Directory.CreateTempSubdirectory("secateur-").FullName;

    public static TheoryData<string> Fast => [.. Skeletons.Fast];

    public static TheoryData<string> Slow => [.. Skeletons.All.Except(Skeletons.Fast)];

    public StreamSuiteTests() => Threads.Use(1);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Fast))]
    public void Turned_equals_dense_and_sliced_equals_its_twin(string name) => Check(name);

    [Theory(Explicit = true)]
    [Trait("category", "slow")]
    [MemberData(nameof(Slow))]
    public void Turned_equals_dense_and_sliced_equals_its_twin_in_the_larger_ones(string name) => Check(name);

    private void Check(string name)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder, name + ".onnx");
        Skeletons.Save(name, path);
        using var network = new Network(OnnxModel.Load(path));
        if (!WithStream.Contains(name))
        {
            var (_, streams, faults) = StreamLaw.Find(network, Skeletons.Inputs(name, network.Model, seed: 2));
            Assert.Empty(streams);
            Assert.All(faults, fault => Assert.True(network.Graph.AllNodes.Any(node => fault.StartsWith($"node '{node.Name}' ({node.OpType}) ", StringComparison.Ordinal)) || fault.StartsWith("output '", StringComparison.Ordinal), fault));
            return;
        }
        var outcome = StreamLaw.Check(network, seed => Skeletons.Inputs(name, network.Model, seed: seed), stream => stream.Width * 5 / 8, folder);
        Assert.InRange(outcome.Full, 0, 1e-4);
        Assert.InRange(outcome.Twin, 0, 1e-4);
        Assert.InRange(outcome.Own, 0, 1e-3);
        Assert.InRange(outcome.Effect, 1e-3, 100);
    }
}
