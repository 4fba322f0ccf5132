using CsCheck;
using Secateur.Data;
using Secateur.Tests.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class BatchesTests
{
    private static readonly Gen<(int Count, int Size, int Buckets)> Cases = Gen.Select(Gen.Int[1, 40], Gen.Int[1, 12], Gen.Int[1, 5]);

    [Fact]
    public void Every_example_is_in_one_batch_of_its_bucket() => Cases.Sample(chosen => With(chosen, batches =>
    {
        var all = batches.InOrder().ToArray();
        Assert.Equal(Enumerable.Range(0, chosen.Count).Select(i => (long)i), all.SelectMany(batch => batch.Indices[..batch.Real]).Order());
        Assert.All(all, batch => Assert.Single(batch.Indices.Select(index => index % chosen.Buckets).Distinct()));
        Assert.All(all, batch => Assert.InRange(batch.Real, 1, chosen.Size));
    }), iter: 100, threads: 1);

    [Fact]
    public void An_epoch_is_a_shuffle_that_the_seed_decides() => Cases.Sample(chosen => With(chosen, batches =>
    {
        var epoch = batches.Shuffled(3, 1);
        Assert.Equal(batches.PerEpoch, epoch.Length);
        Assert.Equal(epoch.Select(batch => batch.Indices), batches.Shuffled(3, 1).Select(batch => batch.Indices));
        var seen = epoch.SelectMany(batch => batch.Indices).ToArray();
        Assert.Equal(seen.Length, seen.Distinct().Count());
        // of one shape only a rest is left for the next shuffle, of several nothing
        Assert.InRange(chosen.Count - seen.Length, 0, batches.AreOfOneShape ? chosen.Size - 1 : 0);
        Assert.All(epoch, batch => Assert.Single(batch.Indices.Select(index => index % chosen.Buckets).Distinct()));
        Assert.Single(batches.Draw(new Random(1)).Select(index => index % chosen.Buckets).Distinct());
    }), iter: 100, threads: 1);

    [Fact]
    public void A_size_that_the_model_fixes_is_filled_up()
    {
        using var scope = NewDisposeScope();
        using var examples = new InMemoryTargets("x", zeros(5, 6), null);
        var graph = TaskNets.Of([Testing.SmallGraphs.Node("Gemm", ["x", "w"], ["y"])], [4, 6], [("w", [6, 2])], [4, 2]).Graph;
        var batches = new Batches(examples, Binding.Of(graph, examples), 100).InOrder().ToArray();
        Assert.Equal([4, 1], batches.Select(batch => batch.Real));
        Assert.All(batches, batch => Assert.Equal(4, batch.Indices.Length));
    }

    private static void With((int Count, int Size, int Buckets) chosen, Action<Batches> check)
    {
        using var scope = NewDisposeScope();
        using var examples = new InMemoryTargets("x", zeros(chosen.Count, 6), null, index => (int)index % chosen.Buckets);
        check(new Batches(examples, Binding.Of(TaskNets.Flat(2).Graph, examples), chosen.Size));
    }
}
