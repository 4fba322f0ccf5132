using Secateur.Criteria;
using Secateur.Pruning;
using Secateur.Schedules;
using static TorchSharp.torch;

namespace Secateur.Tests.Pruning;

public class MaskStepTests
{
    // the scores of "random" are drawn anew in every round: what has gone must go on being the least, whatever it scores now
    [Theory]
    [InlineData("2:4", "magnitude"), InlineData("2:4", "random"), InlineData("1:4", "random"), InlineData("3:8", "random")]
    public void N_of_every_M_stay_after_any_number_of_rounds(string granularity, string criterion)
    {
        using var scope = NewDisposeScope();
        var (kept, group) = (granularity[0] - '0', granularity[2] - '0');
        for (var rounds = 1; rounds <= 7; rounds++)
        {
            using var network = Nets.Conv(8, 6);
            using var masks = new Masks();
            Rounds(new MaskStep(network, new() { Granularity = granularity, Criterion = criterion, Sparsity = 1 - (double)kept / group }), masks, rounds);
            var weight = network.Weights[0];
            var mask = weight.ToMatrix(masks[weight.Name]!).reshape(weight.Outputs, -1, group, weight.Kernel);
            Assert.True(mask.sum(2).eq(kept).all().item<bool>(), $"{rounds} rounds");
        }
    }

    [Theory]
    [InlineData("unstructured", "global"), InlineData("unstructured", "uniform"), InlineData("block-2x3", "global"), InlineData("block-2x3", "uniform")]
    public void Every_round_prunes_as_many_units_as_it_says_those_of_before_among_them(string granularity, string allocation)
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Classifier();
        using var masks = new Masks();
        var recipe = new Recipe { Granularity = granularity, Allocation = allocation, Criterion = "random", Sparsity = 0.8, Ends = Ends.All };
        Rounds(new MaskStep(network, recipe), masks, 6, (step, scored, counts) =>
        {
            foreach (var ((choice, units), count) in scored.Zip(counts))
            {
                var sizes = Secateur.Granularities.Granularity.Parse(granularity).Units(choice.Weight!, choice.Weight!.ToMatrix(masks[choice.Tensor]!.to_type(ScalarType.Float32)));
                Assert.Equal(count, sizes.eq(0).sum().item<long>());
            }
        });
    }

    [Theory]
    [InlineData("magnitude"), InlineData("random")]
    public void Outputs_that_share_their_zeros_do_so_in_every_round(string criterion)
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Dense(30, 40);
        using var masks = new Masks();
        long[]? first = null;
        Rounds(new MaskStep(network, new() { Granularity = "block-4x1", Criterion = criterion, Sparsity = 0.8, Ends = Ends.All }), masks, 5, (_, _, counts) =>
        {
            var weight = network.Weights[0];
            var order = masks.Order(weight.Name)!.data<long>().ToArray();
            Assert.Equal(first ??= order, order);
            Assert.NotEqual(Enumerable.Range(0, 40).Select(output => (long)output), order);
            var mask = weight.ToMatrix(masks[weight.Name]!).index_select(0, masks.Order(weight.Name)!).reshape(10, 4, 30);
            Assert.True(mask.all(1).eq(mask.any(1)).all().item<bool>());
            Assert.Equal(counts[0], 300 - mask.any(1).sum().item<long>());
        });
    }

    private static void Rounds(MaskStep step, Masks masks, int rounds, Action<MaskStep, IReadOnlyList<(Choice Choice, Tensor Units)>, long[]>? seen = null)
    {
        for (var round = 1; round <= rounds; round++)
        {
            using var statistics = new Statistics(seed: round);
            var scored = step.Score(statistics, masks);
            double Scheduled(double to) => Schedule.All["linear"].SparsityAfter(round, rounds, to);
            var counts = step.Counts(scored, Scheduled(0.8), Scheduled);
            step.Narrow(masks, scored, counts);
            seen?.Invoke(step, scored, counts);
        }
    }
}
