using CsCheck;
using Secateur.Data;

namespace Secateur.Tests.Data;

public sealed class SplitTests
{
    private static readonly Gen<(int Count, bool Test, DataOptions Options)> Draws =
        Gen.Select(Gen.Int[1, 400], Gen.Bool, Gen.Long, Gen.Double[0, 0.49], Gen.Double[0, 0.5])
            .Select((count, test, seed, held, share) => (count, test, new DataOptions { Seed = seed, HeldOutShare = held, TestShare = share }));

    [Fact]
    public void Is_a_partition_and_the_same_for_the_same_seed() => Draws.Sample(draw =>
    {
        var split = Split.Draw(draw.Count, draw.Test, draw.Options);
        var again = Split.Draw(draw.Count, draw.Test, draw.Options);
        Assert.Equal(Enumerable.Range(0, draw.Count).Select(index => (long)index), split.Train.Concat(split.HeldOut).Concat(split.Test).Order());
        Assert.Equal(split.Train, again.Train);
        Assert.Equal(split.HeldOut, again.HeldOut);
        Assert.Equal(split.Test, again.Test);
        Assert.NotEmpty(split.Train);
        if (!draw.Test) Assert.Empty(split.Test);
    });

    [Fact]
    public void Another_seed_draws_others() =>
        Assert.NotEqual(Split.Draw(1000, true, new()).HeldOut, Split.Draw(1000, true, new() { Seed = 2 }).HeldOut);

    [Fact]
    public void Holds_out_at_most_5000() => Assert.Equal(5_000, Split.Draw(60_000, false, new()).HeldOut.Length);

    [Fact]
    public void Each_example_is_held_out_about_as_often()
    {
        var counts = new int[20];
        for (var seed = 0; seed < 4000; seed++)
            foreach (var index in Split.Draw(20, false, new() { Seed = seed, HeldOutShare = 0.25 }).HeldOut) counts[index]++;
        Assert.All(counts, count => Assert.InRange(count, 850, 1150)); // 1000 ± 27 is one standard deviation
    }

    [Theory]
    [InlineData(0.5, 0.5)]
    [InlineData(-0.1, 0.1)]
    [InlineData(double.NaN, 0.1)]
    public void Shares_that_leave_nothing_are_refused(double held, double test) =>
        Assert.Contains("leave nothing to train on; give shares", Assert.Throws<SecateurException>(
            () => Split.Draw(10, true, new() { HeldOutShare = held, TestShare = test })).Message);
}
