using System.Collections.Frozen;

namespace Secateur.Training;

/// <summary>The learning rate over a training's steps: a warmup from zero, then the schedule.</summary>
internal static class LearningRate
{
    /// <summary>Factor of the learning rate at a time in [0, 1), by the word of the recipe.</summary>
    public static FrozenDictionary<string, Func<double, double>> All { get; } = new Dictionary<string, Func<double, double>>
    {
        ["constant"] = _ => 1,
        ["cosine"] = time => 0.5 * (1 + Math.Cos(Math.PI * time)), // Loshchilov & Hutter 2017, eq. 5 without restarts (arXiv:1608.03983)
        ["step"] = time => time < 0.5 ? 1 : time < 0.75 ? 0.1 : 0.01, // He et al. 2016, sec. 4.2 (arXiv:1512.03385)
    }.ToFrozenDictionary();

    /// <param name="recipe">Gives the rate, its schedule and the share of steps that warm up.</param>
    /// <param name="step">From 0.</param>
    /// <param name="steps">Of the whole training.</param>
    public static double At(TrainingRecipe recipe, long step, long steps)
    {
        var warmup = (long)(recipe.Warmup * steps);
        var factor = step < warmup ? (step + 1.0) / warmup : All[recipe.LearningRateSchedule]((double)(step - warmup) / Math.Max(1, steps - warmup));
        return recipe.LearningRate * factor;
    }
}
