using CsCheck;
using Secateur.Schedules;

namespace Secateur.Tests.Schedules;

public sealed class ScheduleTests
{
    public static TheoryData<string> Words => [.. Schedule.All.Keys.Order()];

    [Theory, MemberData(nameof(Words))]
    public void Never_falls_and_ends_exactly_at_the_target(string word) =>
        Gen.Select(Gen.Int[1, 40], Gen.OneOf(Gen.Const(0.0), Gen.Const(0.9999), Gen.Double[0, 1].Where(to => to < 1))).Sample((rounds, to) =>
        {
            var before = 0.0;
            for (var round = 1; round <= rounds; round++)
            {
                var now = Schedule.All[word].SparsityAfter(round, rounds, to);
                Assert.InRange(now, before, to);
                before = now;
            }
            Assert.Equal(to, before);
        });

    [Theory, MemberData(nameof(Words))]
    public void A_single_round_goes_to_the_target_at_once(string word) => Assert.Equal(0.7, Schedule.All[word].SparsityAfter(1, 1, 0.7));

    [Fact]
    public void Linear_removes_as_much_in_every_round() =>
        Assert.Equal([0.2, 0.4, 0.6, 0.8], Enumerable.Range(1, 4).Select(round => Math.Round(Schedule.All["linear"].SparsityAfter(round, 4, 0.8), 12)));

    [Fact]
    public void Exponential_removes_the_same_share_of_what_is_left_in_every_round()
    {
        var density = Enumerable.Range(0, 6).Select(round => round == 0 ? 1 : 1 - Schedule.All["exponential"].SparsityAfter(round, 5, 0.9)).ToArray();
        foreach (var (before, after) in density.Zip(density[1..])) Assert.Equal(Math.Pow(0.1, 1.0 / 5), after / before, 1e-12);
    }

    [Fact]
    public void Cubic_has_gone_seven_eighths_of_the_way_at_half_the_time() => Assert.Equal(0.8 * 7 / 8, Schedule.All["cubic"].SparsityAfter(5, 10, 0.8), 1e-12);

    [Fact]
    public void One_shot_is_there_after_the_first_round() => Assert.Equal(0.8, Schedule.All["one-shot"].SparsityAfter(1, 10, 0.8));

    [Theory]
    [InlineData(0), InlineData(4)]
    public void A_round_that_does_not_exist_is_refused(int round) =>
        Assert.StartsWith("Rounds are 1 to 3.", Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.All["cubic"].SparsityAfter(round, 3, 0.5)).Message);

    [Fact]
    public void Each_has_one_line_for_the_help() => Assert.All(Schedule.All.Values, schedule => Assert.InRange(schedule.Summary.Split('\n').Single().Length, 10, 110));
}
