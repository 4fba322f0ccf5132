using Secateur.Execution;
using Secateur.Granularities;
using static TorchSharp.torch;

namespace Secateur.Tests.Granularities;

public class GranularityTests
{
    public static TheoryData<string> Words => ["unstructured", "2:4", "1:2", "block-1x1", "block-4x1", "block-3x5"];

    [Theory, MemberData(nameof(Words))]
    public void A_value_a_unit_covers_the_whole_weight(string word)
    {
        using var scope = NewDisposeScope();
        foreach (var network in (Network[])[Nets.Dense(8, 6), Nets.Dense(8, 6, transposed: false), Nets.Conv(4, 6), Nets.Conv(8, 8, group: 2)])
        {
            var (granularity, weight) = (Granularity.Parse(word), network.Weights[0]);
            if (granularity.Unfit(weight) is not null) continue;
            var units = granularity.Units(weight, weight.Matrix.abs());
            var spread = granularity.Spread(weight, arange(units.numel()));
            Assert.Equal(weight.Matrix.shape, spread.shape);
            Assert.Equal(units.numel(), spread.reshape(-1).unique().output.numel());
            Assert.Equal(weight.Shape, weight.FromMatrix(spread).shape);
        }
    }

    [Fact]
    public void Lowest_half_of_2_of_4_leaves_two_of_every_four_input_channels()
    {
        using var scope = NewDisposeScope();
        foreach (var network in (Network[])[Nets.Dense(16, 6), Nets.Dense(16, 6, transposed: false), Nets.Conv(8, 6)])
        {
            var (granularity, weight) = (Granularity.Parse("2:4"), network.Weights[0]);
            var units = granularity.Units(weight, weight.Matrix.abs());
            var mask = granularity.Spread(weight, units.gt(units.sort().Values[units.numel() / 2 - 1])).reshape(weight.Outputs, -1, 4, weight.Kernel);
            Assert.True(mask.sum(2).eq(2).all().item<bool>());
            var kept = weight.Matrix.abs().reshape(weight.Outputs, -1, 4, weight.Kernel);
            Assert.True((where(mask, kept, full_like(kept, float.PositiveInfinity)).min(2).values >= where(mask, full_like(kept, -1), kept).max(2).values).all().item<bool>());
        }
    }

    [Fact]
    public void Score_of_a_block_is_the_mean_of_what_it_covers_also_at_the_edges()
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Dense(7, 5);
        var (granularity, weight) = (Granularity.Parse("block-2x3"), network.Weights[0]);
        var (scores, units) = (weight.Matrix.abs(), granularity.Units(weight, weight.Matrix.abs()));
        Assert.Equal(9, units.numel());
        for (var unit = 0; unit < 9; unit++)
        {
            var (row, column) = (unit / 3 * 2, unit % 3 * 3);
            var block = scores[TensorIndex.Slice(row, Math.Min(row + 2, 5)), TensorIndex.Slice(column, Math.Min(column + 3, 7))];
            Assert.Equal(block.mean().item<float>(), units[unit].item<float>(), 1e-5);
        }
    }

    [Theory]
    [InlineData("4:2", "0 < N < M"), InlineData("0:4", "0 < N < M"), InlineData("block-0x4", "1 to 4096"), InlineData("block-4", "block-RxC"), InlineData("rows", "is not known")]
    public void Wrong_word_is_told_what_to_write(string word, string what) =>
        Assert.Contains(what, Assert.Throws<SecateurException>(() => Granularity.Parse(word)).Message);

    [Fact]
    public void Input_channels_that_do_not_divide_are_said()
    {
        using var network = Nets.Conv(3, 8);
        Assert.Equal("its 3 input channels are no multiple of 4", Granularity.Parse("2:4").Unfit(network.Weights[0]));
    }
}
