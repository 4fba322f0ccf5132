using CsCheck;
using Secateur.Schedules;

namespace Secateur.Tests.Schedules;

public class ScheduleTests
{
    [Fact]
    public void Never_falls_and_ends_at_the_target()
    {
        foreach (var schedule in Schedule.All.Values)
        {
            Gen.Select(Gen.Int[1, 40], Gen.Double[0, 0.999]).Sample((rounds, to) =>
            {
                var reached = Enumerable.Range(1, rounds).Select(round => schedule.SparsityAfter(round, rounds, to)).ToArray();
                Assert.Equal(to, reached[^1]);
                Assert.All(reached, sparsity => Assert.InRange(sparsity, 0, to));
                Assert.All(reached.Zip(reached.Skip(1)), pair => Assert.True(pair.First <= pair.Second + 1e-12));
            }, iter: 200);
        }
    }

    [Fact]
    public void Follow_their_formulas()
    {
        Assert.Equal(0.8 * (1 - Math.Pow(0.75, 3)), Schedule.All["cubic"].SparsityAfter(1, 4, 0.8), 1e-12);
        Assert.Equal(1 - Math.Sqrt(0.2), Schedule.All["exponential"].SparsityAfter(2, 4, 0.8), 1e-12);
        Assert.Equal(0.2, Schedule.All["linear"].SparsityAfter(1, 4, 0.8), 1e-12);
        Assert.Equal(0.8, Schedule.All["one-shot"].SparsityAfter(1, 4, 0.8), 1e-12);
    }
}
