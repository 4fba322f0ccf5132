using CsCheck;
using Secateur.Execution;
using Secateur.Granularities;
using static TorchSharp.torch;

namespace Secateur.Tests.Granularities;

public sealed class GranularityTests
{
    [Theory]
    [InlineData("unstructured"), InlineData("2:4"), InlineData("1:8"), InlineData("block-4x1"), InlineData("block-4x1-adjacent"), InlineData("block-3x5"), InlineData("block-64x64")]
    public void What_is_made_of_units_has_the_shape_of_the_matrix_whatever_the_layout(string word)
    {
        using var scope = NewDisposeScope();
        var granularity = Granularity.Parse(word);
        foreach (var weight in (Weight[])[Weights.Of(rand(7, 8, 3, 3)), Weights.Of(rand(8, 5), outputAxis: 1), Weights.Of(rand(8, 3, 2, 2), outputAxis: 1), Weights.Of(rand(5, 16))])
        {
            if (granularity.Unfit(weight) is not null) continue;
            var scores = weight.Matrix.abs();
            var units = granularity.Units(weight, scores);
            Assert.Equal(1, units.dim());
            Assert.True(units.isfinite().all().item<bool>() && units.ge(0).all().item<bool>());
            Assert.Equal(scores.shape, granularity.Spread(weight, units).shape);
            Assert.Equal(ScalarType.Bool, granularity.Spread(weight, units.gt(0)).dtype);
            Assert.Equal(units.numel(), granularity.Spread(weight, arange(units.numel())).reshape(-1).unique().output.numel());
        }
    }

    [Fact]
    public void Each_weight_alone_is_scored_as_it_is()
    {
        using var scope = NewDisposeScope();
        var weight = Weights.Of(rand(3, 4, 2, 2));
        var units = Granularity.Parse("unstructured").Units(weight, weight.Matrix);
        Assert.Equal(weight.Tensor.detach().reshape(-1).data<float>().ToArray(), units.data<float>().ToArray());
        Assert.True(Granularity.Parse("unstructured").Spread(weight, units).eq(weight.Matrix).all().item<bool>());
    }

    [Fact]
    public void A_block_scores_the_mean_of_its_weights_also_at_ragged_edges() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 5], Gen.Int[1, 5]).Sample((outputs, inputs, rows, columns) =>
        {
            using var scope = NewDisposeScope();
            var weight = Weights.Of(Weights.Random(outputs * 10 + inputs, outputs, inputs));
            var granularity = Granularity.Parse($"block-{rows}x{columns}");
            var units = granularity.Units(weight, weight.Matrix);
            var spread = granularity.Spread(weight, units);
            var means = new List<float>();
            for (var top = 0; top < outputs; top += rows)
                for (var left = 0; left < inputs; left += columns)
                {
                    var (height, width) = (Math.Min(rows, outputs - top), Math.Min(columns, inputs - left));
                    var block = weight.Matrix.narrow(0, top, height).narrow(1, left, width);
                    means.Add(block.mean().item<float>());
                    Assert.True(spread.narrow(0, top, height).narrow(1, left, width).eq(units[means.Count - 1]).all().item<bool>());
                }
            Assert.Equal(means.Count, units.numel());
            Assert.True(allclose(tensor(means.ToArray()), units, atol: 1e-6));
        });

    [Theory]
    [InlineData("2:4", 2, 4), InlineData("1:8", 1, 8)]
    public void N_of_m_keeps_the_highest_of_every_m(string word, int kept, int group)
    {
        using var scope = NewDisposeScope();
        var (granularity, weight) = (Granularity.Parse(word), Weights.Of(Weights.Random(4, 5, 16, 3)));
        var units = granularity.Units(weight, weight.Matrix);
        var mask = granularity.Spread(weight, units.gt(units.sort().Values[units.numel() * (group - kept) / group - 1]));
        var (scores, stay) = (weight.Matrix.reshape(5, -1, group, 3), mask.reshape(5, -1, group, 3));
        Assert.True(stay.sum(2).eq(kept).all().item<bool>());
        Assert.True(where(stay, scores, ones_like(scores)).amin([2]).gt(where(stay, zeros_like(scores), scores).amax([2])).all().item<bool>());
    }

    [Theory]
    [InlineData("2:4", 0.5), InlineData("1:4", 0.75), InlineData("3:4", 0.25), InlineData("unstructured", null), InlineData("block-4x1", null)]
    public void Only_n_of_m_stands_for_a_sparsity_of_its_own(string word, double? sparsity) => Assert.Equal(sparsity, Granularity.Parse(word).FixedSparsity);

    [Fact]
    public void N_of_m_fits_only_whole_groups_of_input_channels()
    {
        using var scope = NewDisposeScope();
        Assert.Equal("its 6 input channels are no multiple of 4", Granularity.Parse("2:4").Unfit(Weights.Of(zeros(4, 6, 2, 2))));
        Assert.Null(Granularity.Parse("2:4").Unfit(Weights.Of(zeros(3, 8))));
        Assert.Null(Granularity.Parse("block-4x4").Unfit(Weights.Of(zeros(3, 7))));
    }

    [Theory]
    [InlineData("", "granularity '': is not known; write unstructured, N:M such as 2:4, or block-RxC such as block-4x1 (outputs x inputs)")]
    [InlineData("Unstructured", "granularity 'Unstructured': is not known; write unstructured, N:M such as 2:4, or block-RxC such as block-4x1 (outputs x inputs)")]
    [InlineData("4:4", "granularity '4:4': N:M keeps N of every M weights, so 0 < N < M <= 1024; write for example 2:4")]
    [InlineData("0:4", "granularity '0:4': N:M keeps N of every M weights, so 0 < N < M <= 1024; write for example 2:4")]
    [InlineData("-1:4", "granularity '-1:4': N:M keeps N of every M weights, so 0 < N < M <= 1024; write for example 2:4")]
    [InlineData("2:2000", "granularity '2:2000': N:M keeps N of every M weights, so 0 < N < M <= 1024; write for example 2:4")]
    [InlineData("block-0x4", "granularity 'block-0x4': a block is block-RxC with 1 to 4096 outputs by inputs; write for example block-4x1")]
    [InlineData("block-4x9999", "granularity 'block-4x9999': a block is block-RxC with 1 to 4096 outputs by inputs; write for example block-4x1")]
    [InlineData("block-4", "granularity 'block-4': a block is block-RxC with 1 to 4096 outputs by inputs; write for example block-4x1")]
    [InlineData("block-4x4\n", "granularity 'block-4x4 ': a block is block-RxC with 1 to 4096 outputs by inputs; write for example block-4x1")]
    [InlineData("block-٤x4", "granularity 'block-٤x4': a block is block-RxC with 1 to 4096 outputs by inputs; write for example block-4x1")]
    public void A_word_of_no_form_is_refused_with_what_to_write(string word, string message) =>
        Assert.Equal(message, Assert.Throws<SecateurException>(() => Granularity.Parse(word)).Message);
}
