using CsCheck;

namespace Secateur.Tests.Training;

/// <summary>How long the dense model teaches where nobody told it.</summary>
public sealed class UsualStepsTests
{
    [Fact]
    public void A_larger_model_never_takes_more_steps_and_no_more_work_than_there_is_time_for() => Gen.Select(Gen.Long[1, 1L << 40], Gen.Long[1, 1L << 40]).Sample((one, other) =>
    {
        var (small, large) = (Steps(Math.Min(one, other)), Steps(Math.Max(one, other)));
        Assert.InRange(large, 20, small);
        Assert.InRange(small, large, 600);
        Assert.True(large == 20 || 16.0 * Math.Max(one, other) * large <= 2e13);
    });

    [Fact]
    public void What_is_told_stays()
    {
        const long Macs = 1L << 40;
        Assert.Equal(600, new TrainingRecipe { Steps = 600 }.Alone().Within(Macs).Steps);
        var epochs = new TrainingRecipe { Epochs = 7 }.Alone().Within(Macs);
        Assert.Equal((null, 7), (epochs.Steps, epochs.Epochs));
        Assert.Null(new TrainingRecipe().Within(Macs).Steps);
        Assert.Equal(0, new Recipe().Untrained().Alone().Within(Macs).Training.Steps);
    }

    private static int Steps(long macs) => new Recipe().Alone().Within(macs).Training.Steps!.Value;
}
