using CsCheck;
using Secateur.Allocations;
using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Tests.Allocations;

public sealed class AllocationTests : IDisposable
{
    private readonly Network network = Nets.Classifier();

    public void Dispose() => network.Dispose();

    [Fact]
    public void Budget_is_spent_to_a_unit_a_layer_and_no_limit_is_passed()
    {
        foreach (var allocation in Allocation.All.Values)
        {
            Gen.Select(Gen.Double[0, 1].Array[3], Gen.Double[0, 1], Gen.Int).Sample((limits, share, seed) =>
            {
                using var scope = NewDisposeScope();
                var layers = Candidates(seed, limits);
                var budget = (long)(share * layers.Sum(layer => layer.MostUnits));
                var counts = allocation.Spread(layers, budget);
                Assert.All(counts.Zip(layers), pair => Assert.InRange(pair.First, 0, pair.Second.MostUnits));
                Assert.InRange(counts.Sum(), budget - layers.Length, budget + layers.Length);
            }, iter: 100);
        }
    }

    [Fact]
    public void Sensitivity_spends_the_budget_where_it_costs_least()
    {
        using var scope = NewDisposeScope();
        Curve Cost(double factor) => new([(0, 0), (0.5, 0.01 * factor), (1, factor)]);
        double[] factors = [1, 4, 9];
        var layers = Candidates(1, [1, 1, 0.5]).Zip(factors, (layer, factor) => layer with { Losses = Cost(factor) }).ToArray();
        double Sum(long[] counts) => counts.Zip(layers).Sum(pair => pair.Second.Losses!.At((double)pair.First / pair.Second.Count));
        foreach (var share in (double[])[0.1, 0.4, 0.7])
        {
            var budget = (long)(share * layers.Sum(layer => layer.MostUnits));
            var counts = Allocation.All["sensitivity"].Spread(layers, budget);
            Assert.Equal(budget, counts.Sum());
            Assert.All(counts.Zip(layers), pair => Assert.InRange(pair.First, 0, pair.Second.MostUnits));
            for (var from = 0; from < 3; from++)
                for (var to = 0; to < 3; to++)
                {
                    const int Moved = 6;
                    if (from == to || counts[from] < Moved || counts[to] + Moved > layers[to].MostUnits) continue;
                    long[] other = [.. counts];
                    other[from] -= Moved;
                    other[to] += Moved;
                    Assert.True(Sum(counts) <= Sum(other) * 1.02 + 1e-9, $"{share}: {string.Join(", ", counts)} costs {Sum(counts)}, {string.Join(", ", other)} costs {Sum(other)}");
                }
        }
    }

    [Fact]
    public void Sensitivity_thins_a_layer_out_only_where_what_goes_has_no_score()
    {
        using var scope = NewDisposeScope();
        foreach (var measured in (double[])[0.93, 0.96])
        {
            var layers = Candidates(1, [1, 1, 1]);
            var cheap = layers.Index().MaxBy(pair => pair.Item.Count).Index; // all of it could go, says its curve
            long Gone(Tensor units) => Allocation.All["sensitivity"].Spread([.. layers.Select((layer, place) => layer with
            {
                Units = place == cheap ? units : layer.Units,
                Losses = new([(0, 0), (0.5, place == cheap ? 1e-7 : 1), (measured, place == cheap ? 1e-6 : 100)]),
            })], (long)(0.7 * layers.Sum(layer => layer.Count)))[cheap];

            var (even, count) = (layers[cheap].Units, layers[cheap].Count);
            var few = (even * 1e-6).index_fill(0, arange(count / 25), 1); // a twenty-fifth has all
            Assert.InRange(Gone(even) / (double)count, 0.90, 0.93);
            Assert.Equal(measured, Gone(few) / (double)count, 0.01);
        }
    }

    [Fact]
    public void A_curve_goes_through_its_points_and_never_falls()
    {
        var curve = new Curve([(0.2, 0), (0.5, 0.01), (0.8, 0.2)]);
        Assert.Equal((0, 0, 0.01, 0.2), (curve.At(0), curve.At(0.2), curve.At(0.5), Math.Round(curve.At(0.8), 12)));
        for (var sparsity = 0.0; sparsity < 1; sparsity += 0.01) Assert.True(curve.At(sparsity + 0.01) >= curve.At(sparsity));
    }

    [Fact]
    public void Global_takes_the_lowest_of_all()
    {
        Gen.Select(Gen.Double[0, 1], Gen.Int).Sample((share, seed) =>
        {
            using var scope = NewDisposeScope();
            var layers = Candidates(seed, [1, 1, 1]);
            var all = layers.SelectMany((layer, number) => layer.Units.Values().Select(score => (score, number))).OrderBy(unit => unit.score).ToArray();
            var budget = (long)(share * (all.Length - 30));
            var expected = new long[3];
            foreach (var (_, number) in all.Take((int)budget)) expected[number]++;
            if (expected.Zip(layers).All(pair => pair.First < pair.Second.Count)) Assert.Equal(expected, Allocation.All["global"].Spread(layers, budget));
        }, iter: 100);
    }

    [Fact]
    public void Lamp_compares_each_score_with_what_its_layer_would_have_left()
    {
        Gen.Select(Gen.Double[0, 1], Gen.Int, Gen.Double[0.01, 100]).Sample((share, seed, factor) =>
        {
            using var scope = NewDisposeScope();
            var layers = Candidates(seed, [1, 1, 1]);
            var relative = layers.SelectMany((layer, number) => layer.Units.Values().Select(score =>
                (Score: score * (double)score / layer.Units.Values().Where(other => other >= score).Sum(other => other * (double)other), Number: number))).OrderBy(unit => unit.Score).ToArray();
            var budget = (long)(share * (relative.Length - 30));
            var expected = new long[3];
            foreach (var (_, number) in relative.Take((int)budget)) expected[number]++;
            var spread = Allocation.All["lamp"].Spread(layers, budget);
            Assert.All(expected.Zip(spread), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1)); // scores that are equal to a float's last bit
            layers[1] = layers[1] with { Units = layers[1].Units * factor }; // a layer's scale says nothing
            Assert.All(spread.Zip(Allocation.All["lamp"].Spread(layers, budget)), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1));
        }, iter: 100);
    }

    [Fact]
    public void Uniform_is_the_same_sparsity_everywhere()
    {
        using var scope = NewDisposeScope();
        var layers = Candidates(3, [1, 1, 1]);
        var counts = Allocation.All["uniform"].Spread(layers, (long)(0.7 * layers.Sum(layer => layer.Count)));
        Assert.All(counts.Zip(layers), pair => Assert.Equal(0.7 * pair.Second.Count, pair.First, 1.0));
    }

    [Fact]
    public void Budget_counts_weights_where_units_differ_in_size()
    {
        foreach (var allocation in Allocation.All.Values)
        {
            Gen.Select(Gen.Double[0, 1], Gen.Int).Sample((share, seed) =>
            {
                using var scope = NewDisposeScope();
                var random = new Random(seed);
                // units of 12, 1 and 4 weights, those of the first layer scored the lowest
                Candidate[] layers = [.. network.Weights.Zip([8, 120, 10], (weight, units) =>
                    new Candidate(weight, tensor(Enumerable.Range(0, units).Select(_ => random.NextSingle() + (units == 8 ? 0 : 0.5f)).ToArray()), 1))];
                var budget = (long)(share * layers.Sum(layer => layer.MostUnits * layer.UnitSize));
                var removed = allocation.Spread(layers, budget).Zip(layers).Sum(pair => pair.First * pair.Second.UnitSize);
                Assert.Equal(budget, removed, layers.Sum(layer => layer.UnitSize));
            }, iter: 100, threads: 1);
        }
    }

    [Fact]
    public void Lowest_and_mask_are_those_of_a_sort()
    {
        var scores = Gen.Frequency((1, Gen.Const(0f)), (2, Gen.Int[0, 4].Select(number => number / 4f)), (3, Gen.Float[0, 1]));
        Gen.Select(scores.Array[1, 60], Gen.Double[0, 1]).Sample((values, share) =>
        {
            using var scope = NewDisposeScope();
            var count = (long)(share * values.Length);
            var mask = Threshold.KeepMask(tensor(values), count).data<bool>().ToArray();
            Assert.Equal(count, mask.LongCount(kept => !kept));
            var gone = values.Where((_, place) => !mask[place]).DefaultIfEmpty(float.NegativeInfinity).Max();
            Assert.All(values.Where((_, place) => mask[place]), value => Assert.True(value >= gone));
            if (count > 0) Assert.Equal(values.Order().ElementAt((int)count - 1), Threshold.Lowest([tensor(values)], count).Value);
        }, iter: 300);
    }

    private Candidate[] Candidates(int seed, double[] limits)
    {
        var random = new Random(seed);
        return [.. network.Weights.Select((weight, number) =>
            new Candidate(weight, tensor(Enumerable.Range(0, (int)weight.Elements).Select(_ => random.NextSingle()).ToArray()), limits[number]))];
    }
}
