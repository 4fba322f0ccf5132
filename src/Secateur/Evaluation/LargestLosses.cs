using System.Collections.Immutable;
using Secateur.Data;

namespace Secateur.Evaluation;

/// <summary>The examples on which a model lost most against another.</summary>
public static class LargestLosses
{
    /// <summary>First those that the one has right and the other wrong, then the rest; each by the probability that the right class lost.</summary>
    /// <param name="evaluation">Of the two models, on <paramref name="examples"/>.</param>
    /// <param name="examples">The part that was measured.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="before">Place of the one model in the evaluation.</param>
    /// <param name="after">Place of the other.</param>
    /// <returns>Only examples that did lose; none where an example has several answers.</returns>
    public static ImmutableArray<ExampleLoss> Of(EvaluationResult evaluation, Examples examples, int count = 12, int before = 0, int after = 1)
    {
        var (one, other, expected) = (evaluation.Predictions[before], evaluation.Predictions[after], evaluation.Expected);
        return
        [
            .. Enumerable.Range(0, expected.Length)
                .Where(i => one.Probabilities[i] > other.Probabilities[i])
                .OrderByDescending(i => one.Classes[i] == expected[i] && other.Classes[i] != expected[i])
                .ThenByDescending(i => one.Probabilities[i] - other.Probabilities[i])
                .Take(count)
                .Select(i => new ExampleLoss(examples.Describe(i), evaluation.ClassName(expected[i]), evaluation.ClassName(one.Classes[i]),
                    evaluation.ClassName(other.Classes[i]), one.Probabilities[i], other.Probabilities[i], Picture.Of(examples, i))),
        ];
    }
}
