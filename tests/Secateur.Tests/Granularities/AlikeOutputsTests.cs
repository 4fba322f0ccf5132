using CsCheck;
using Secateur.Execution;
using Secateur.Granularities;
using static TorchSharp.torch;

namespace Secateur.Tests.Granularities;

public sealed class AlikeOutputsTests
{
    [Fact]
    public void Outputs_that_matter_at_the_same_inputs_are_found_wherever_they_lie() =>
        Gen.Select(Gen.Int[2, 8], Gen.OneOf(2, 4, 8, 16), Gen.Int[40, 90], Gen.Int[0, 1000]).Sample((groups, height, inputs, seed) =>
        {
            using var scope = NewDisposeScope();
            var random = new Random(seed);
            var profiles = Weights.Random(seed, groups, inputs).pow(4);
            var families = Enumerable.Range(0, groups * height).Select(output => (long)output % groups).ToArray();
            random.Shuffle(families);
            var scores = profiles.index_select(0, tensor(families)) * (Weights.Random(seed + 1, families.Length, inputs) * 0.02 + 1);
            var order = AlikeOutputs.Order(Weights.Of(scores.clone()), scores, height)!.data<long>().ToArray();
            Assert.Equal(Enumerable.Range(0, families.Length).Select(output => (long)output), order.Order());
            foreach (var group in order.Chunk(height)) Assert.Single(group.Select(output => families[output]).Distinct());
        }, iter: 40);

    /// <summary>Over some matrices together: for a small one at random neighbours may happen to be as good.</summary>
    [Fact]
    public void More_of_the_scores_stays_than_with_neighbours() =>
        Gen.Select(Gen.Int[4, 8], Gen.OneOf(2, 4, 8, 16), Gen.Int[0, 1000]).Sample((groups, height, first) =>
        {
            var (alike, neighbours) = (0.0, 0.0);
            for (var seed = first; seed < first + 8; seed++)
            {
                using var scope = NewDisposeScope();
                var scores = Weights.Random(seed, groups * height, 100);
                var weight = Weights.Of(scores.clone());
                var order = AlikeOutputs.Order(weight, scores, height)!;
                alike += Kept(scores.index_select(0, order));
                neighbours += Kept(scores);
                Assert.Equal(order.data<long>().ToArray(), AlikeOutputs.Order(weight, scores.clone(), height)!.data<long>().ToArray());

                double Kept(Tensor ordered) => new Block(height, 1).Units(weight, ordered).topk(groups * 10).values.sum().item<float>();
            }
            Assert.True(alike > neighbours, $"{groups * height} outputs by {height}");
        }, iter: 20);

    /// <summary>Each group of channels reads other inputs: what is removed together lies within one.</summary>
    [Fact]
    public void Outputs_of_a_grouped_convolution_stay_in_their_group()
    {
        using var network = Nets.Conv(16, 48, group: 4);
        using var scope = NewDisposeScope();
        var weight = network.Weights[0];
        var order = AlikeOutputs.Order(weight, weight.Matrix.abs(), 4)!.data<long>().ToArray();
        for (var place = 0; place < 48; place++) Assert.Equal(place / 12, order[place] / 12);
        Assert.Null(AlikeOutputs.Order(weight, weight.Matrix.abs(), 8)); // 12 outputs of a group are no whole number of them
    }

    [Theory]
    [InlineData("block-4x1", 4), InlineData("block-16x1", 16), InlineData("block-4x1-adjacent", 1), InlineData("block-4x2", 1), InlineData("block-3x1", 1), InlineData("block-1x1", 1), InlineData("2:4", 1)]
    public void Only_columns_of_outputs_are_of_alike_ones(string word, int outputs) => Assert.Equal(outputs, Granularity.Parse(word).AlikeOutputs);
}
