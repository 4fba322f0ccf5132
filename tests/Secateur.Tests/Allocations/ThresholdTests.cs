using CsCheck;
using Secateur.Allocations;
using static TorchSharp.torch;

namespace Secateur.Tests.Allocations;

public sealed class ThresholdTests
{
    /// <summary>Scores with many ties, zeros, the least and the largest floats.</summary>
    internal static readonly Gen<float[]> Scores = Gen.OneOf(
        Gen.Int[0, 4].Select(score => (float)score), Gen.Float[0, 1], Gen.Int[0, 4].Select(i => new[] { 0f, float.Epsilon, 1.2e-38f, 1e30f, float.MaxValue }[i])).Array[1, 40];

    [Fact]
    public void The_lowest_equal_a_stable_sort() =>
        Gen.Select(Scores.Array[1, 4], Gen.Double[0, 1]).Sample((layers, share) =>
        {
            using var scope = NewDisposeScope();
            var sorted = layers.SelectMany((scores, layer) => scores.Select(score => (score, layer))).OrderBy(pair => pair.score).ToArray();
            var count = (int)Math.Round(share * sorted.Length);
            var lowest = Threshold.Lowest([.. layers.Select(scores => tensor(scores))], count);
            Assert.Equal(layers.Select((_, layer) => (long)sorted[..count].Count(pair => pair.layer == layer)), lowest.Counts);
            Assert.Equal(count == 0 ? -1 : sorted[count - 1].score, lowest.Value);
        });

    [Fact]
    public void The_mask_drops_the_first_of_a_stable_sort() =>
        Gen.Select(Scores, Gen.Double[0, 1]).Sample((scores, share) =>
        {
            using var scope = NewDisposeScope();
            var count = (int)Math.Round(share * scores.Length);
            var gone = scores.Index().OrderBy(pair => pair.Item).Take(count).Select(pair => pair.Index).ToHashSet();
            Assert.Equal(Enumerable.Range(0, scores.Length).Select(i => !gone.Contains(i)), Threshold.KeepMask(tensor(scores), count).data<bool>().ToArray());
        });

    [Fact]
    public void A_higher_count_takes_all_that_a_lower_one_took() =>
        Gen.Select(Scores, Gen.Double[0, 1], Gen.Double[0, 1]).Sample((scores, one, other) =>
        {
            using var scope = NewDisposeScope();
            var units = tensor(scores);
            var (few, many) = ((long)(Math.Min(one, other) * scores.Length), (long)(Math.Max(one, other) * scores.Length));
            var (wide, narrow) = (Threshold.KeepMask(units, few), Threshold.KeepMask(units, many));
            Assert.True(narrow.logical_and(wide.logical_not()).any().item<bool>() is false, $"{few} then {many}");
        });
}
