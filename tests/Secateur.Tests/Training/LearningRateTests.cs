using CsCheck;
using Secateur.Training;

namespace Secateur.Tests.Training;

public sealed class LearningRateTests
{
    public static TheoryData<string> Words => [.. LearningRate.All.Keys.Order()];

    [Theory, MemberData(nameof(Words))]
    public void Rises_evenly_to_the_rate_and_never_again(string word) =>
        Gen.Select(Gen.Int[1, 300], Gen.Double[0, 0.99]).Sample((steps, warmup) =>
        {
            var recipe = new TrainingRecipe { LearningRate = 0.1, Warmup = warmup, LearningRateSchedule = word };
            var (rates, rise) = (Enumerable.Range(0, steps).Select(step => LearningRate.At(recipe, step, steps)).ToArray(), (int)(warmup * steps));
            for (var step = 0; step < rise; step++) Assert.Equal(0.1 * (step + 1) / rise, rates[step], 1e-12);
            Assert.All(rates, rate => Assert.InRange(rate, double.Epsilon, 0.1));
            if (rise < steps) Assert.Equal(0.1, rates[rise]);
            for (var step = rise + 1; step < steps; step++) Assert.True(rates[step] <= rates[step - 1], $"step {step} of {steps}");
        });

    [Fact]
    public void Cosine_is_halved_at_half_and_all_but_gone_at_the_end()
    {
        Assert.Equal(0.05, At("cosine", 500), 1e-12);
        Assert.Equal(0.1 * Math.Pow(Math.Cos(Math.PI / 8), 2), At("cosine", 250), 1e-12);
        Assert.InRange(At("cosine", 999), 0, 1e-6);
    }

    [Fact]
    public void Step_falls_to_a_tenth_at_half_and_again_at_three_quarters() =>
        Assert.Equal([0.1, 0.01, 0.01, 0.001, 0.001], new[] { 499, 500, 749, 750, 999 }.Select(step => Math.Round(At("step", step), 12)));

    [Fact]
    public void Constant_stays() => Assert.Equal(0.1, At("constant", 999));

    private static double At(string word, int step) =>
        LearningRate.At(new TrainingRecipe { LearningRate = 0.1, Warmup = 0, LearningRateSchedule = word }, step, 1000);
}
