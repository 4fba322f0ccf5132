using System.Collections.Immutable;

namespace Secateur.Pruning;

/// <summary>A stretch of training between two changes of the masks. "Before", "during" and "after" training differ in their segments alone.</summary>
/// <param name="Round">From 1; 0 trains before anything is pruned.</param>
/// <param name="From">The first step.</param>
/// <param name="To">One past the last step.</param>
/// <param name="Of">Steps of the training that this is a stretch of.</param>
/// <param name="Fresh">Whether a new training begins here, with a new optimizer.</param>
internal sealed record Segment(int Round, long From, long To, long Of, bool Fresh)
{
    // gradual pruning begins once training has settled and ends while there is time to recover (Zhu & Gupta 2017, sec. 3)
    private const double Begin = 0.1, End = 0.75;

    /// <param name="recipe">Its rounds, epochs and when.</param>
    /// <param name="stepsPerEpoch">0 for a run without data.</param>
    public static ImmutableArray<Segment> Plan(Recipe recipe, long stepsPerEpoch)
    {
        var steps = stepsPerEpoch == 0 ? 0 : recipe.Training.Steps ?? recipe.Training.Epochs * stepsPerEpoch;
        var rounds = Enumerable.Range(1, recipe.Rounds);
        if (recipe.When != When.During) return [.. rounds.Select(round => new Segment(round, 0, steps, steps, true))];

        long Start(int round) => round > recipe.Rounds ? steps
            : (long)(steps * (recipe.Rounds == 1 ? Begin : Begin + (End - Begin) * (round - 1) / (recipe.Rounds - 1)));
        return [new(0, 0, Start(1), steps, true), .. rounds.Select(round => new Segment(round, Start(round), Start(round + 1), steps, false))];
    }
}
