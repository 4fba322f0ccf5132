using CsCheck;
using Secateur.Allocations;
using Secateur.Tests.Granularities;
using static TorchSharp.torch;

namespace Secateur.Tests.Allocations;

public sealed class AllocationTests
{
    /// <summary>A layer: the scores of its units, the weights in a unit, the largest sparsity.</summary>
    private static readonly Gen<(float[] Scores, int Size, double Most)> Layer =
        Gen.Select(ThresholdTests.Scores, Gen.OneOf(Gen.Const(1), Gen.Const(4), Gen.Const(16)), Gen.OneOf(Gen.Const(1.0), Gen.Double[0, 1]));

    public static TheoryData<string> Words => [.. Allocation.All.Keys.Order()];

    [Theory, MemberData(nameof(Words))]
    public void Removes_the_budget_within_a_unit_a_layer_and_no_layer_over_its_limit(string word) =>
        Gen.Select(Layer.Array[1, 5], Gen.Double[0, 1]).Sample((layers, share) =>
        {
            using var scope = NewDisposeScope();
            var candidates = layers.Select(layer => Of(layer.Scores, layer.Size, layer.Most)).ToArray();
            var budget = (long)(share * candidates.Sum(layer => layer.MostUnits * layer.UnitSize));
            var counts = Allocation.All[word].Spread(candidates, budget);
            Assert.All(candidates.Zip(counts), pair => Assert.InRange(pair.Second, 0, pair.First.MostUnits));
            Assert.InRange(candidates.Zip(counts).Sum(pair => pair.First.UnitSize * pair.Second),
                budget - candidates.Sum(layer => layer.UnitSize), budget + candidates.Sum(layer => layer.UnitSize));
        });

    [Fact]
    public void Uniform_gives_every_layer_the_same_sparsity_within_one_unit() =>
        Gen.Select(Layer.Array[1, 5], Gen.Double[0, 0.9]).Sample((layers, share) =>
        {
            using var scope = NewDisposeScope();
            var candidates = layers.Select(layer => Of(layer.Scores, layer.Size, 1)).ToArray();
            var budget = (long)(share * candidates.Sum(layer => layer.Weight.Elements));
            var level = (double)budget / candidates.Sum(layer => layer.Weight.Elements);
            if (candidates.Any(layer => level * layer.Count > layer.MostUnits)) return; // then others make up for it
            Assert.All(candidates.Zip(Allocation.All["uniform"].Spread(candidates, budget)),
                pair => Assert.InRange(pair.Second, level * pair.First.Count - 1, level * pair.First.Count + 1));
        });

    [Fact]
    public void Uniform_spreads_what_a_layer_at_its_limit_cannot_lose_evenly_over_the_others()
    {
        using var scope = NewDisposeScope();
        Candidate[] layers = [Of(new float[100], 1, 0.2), Of(new float[100], 1, 1), Of(new float[200], 1, 1)];
        Assert.Equal([20, 60, 120], Allocation.All["uniform"].Spread(layers, 200));
    }

    [Fact]
    public void Global_takes_the_lowest_of_all_scores_in_order_and_passes_over_full_layers() =>
        Gen.Select(Layer.Array[1, 5], Gen.Double[0, 1]).Sample((layers, share) =>
        {
            using var scope = NewDisposeScope();
            var candidates = layers.Select(layer => Of(layer.Scores, 1, layer.Most)).ToArray();
            var budget = (long)(share * candidates.Sum(layer => layer.MostUnits));
            var taken = new long[candidates.Length];
            foreach (var layer in layers.SelectMany((layer, place) => layer.Scores.Select(score => (score, place))).OrderBy(pair => pair.score).Select(pair => pair.place))
                if (taken.Sum() < budget && taken[layer] < candidates[layer].MostUnits) taken[layer]++;
            Assert.Equal(taken, Allocation.All["global"].Spread(candidates, budget));
        });

    [Theory, MemberData(nameof(Words))]
    public void One_unit_of_every_layer_stays(string word)
    {
        using var scope = NewDisposeScope();
        Candidate[] layers = [Of([0, 0, 0], 1, 1), Of([1, 2], 1, 1), Of([3], 1, 1)];
        Assert.Equal([2, 1, 0], Allocation.All[word].Spread(layers, 3));
    }

    [Fact]
    public void Each_has_one_line_for_the_help() => Assert.All(Allocation.All.Values, allocation => Assert.InRange(allocation.Summary.Split('\n').Single().Length, 10, 110));

    private static Candidate Of(float[] scores, int size, double most) => new(Weights.Of(zeros(scores.Length, size)), tensor(scores), most);
}
