using static TorchSharp.torch;

namespace Secateur.Testing;

/// <summary>How far two runs of a model are apart.</summary>
/// <param name="Error">The largest difference, relative to the largest output, at least to 0.001; infinite where shapes differ.</param>
/// <param name="Edge">Of a detector: things that one run found and the other did not, as their scores tie with the lowest that the other took.</param>
public readonly record struct Likeness(double Error, int Edge)
{
    private const double Near = 1e-3; // of what is held to be the same
    private const double Tie = 1e-5;  // between scores, relative to the largest: rounding alone decides which is the higher
    private const double MostAtEdge = 0.1; // of the things; more would leave little to judge by

    /// <summary>
    /// Of a detector, whose scores nearly tie, what is found comes in another order, and at the edge of the so many that are taken other things are.
    /// So each thing found (its row in all outputs) is held against the nearest of the other run's; one that has none near it is left out where its score
    /// ties with the lowest that the other run took, and only there.
    /// </summary>
    public static Likeness Of(IReadOnlyList<Tensor> expected, IReadOnlyList<Tensor> made)
    {
        using var scope = NewDisposeScope();
        var outputs = expected.Zip(made, (want, have) => (Want: want.to(float64), Have: have.to(float64))).ToArray();
        var error = outputs.Max(pair => !pair.Want.shape.SequenceEqual(pair.Have.shape) ? double.PositiveInfinity : Largest(pair.Want - pair.Have) / Scale(pair.Want));
        if (error < Near || !double.IsFinite(error) || !outputs.All(pair => pair.Want.dim() > 0 && pair.Want.shape[0] == outputs[0].Want.shape[0])) return new(error, 0);
        var ranked = outputs.Where(pair => pair.Want.dim() == 1 && Largest(pair.Want - pair.Have) < Near * Scale(pair.Want) && pair.Want.diff().le(0).all().item<bool>()).ToArray();
        if (ranked.Length == 0) return new(error, 0);
        var (scores, others) = ranked[0];
        var (wanted, had) = (Things(outputs.Select(pair => (pair.Want, pair.Want))), Things(outputs.Select(pair => (pair.Have, pair.Want))));
        var distances = cat([Distances(wanted, had), Distances(had, wanted)]);
        var limit = Tie * Scale(scores);
        var edge = cat([scores <= others.min() + limit, others <= scores.min() + limit]).logical_and(distances >= Near);
        var count = (int)edge.sum().item<long>();
        return count > MostAtEdge * edge.numel() ? new(error, 0) : new(distances.masked_fill(edge, 0).max().item<double>(), count);

        static double Largest(Tensor x) => x.numel() == 0 ? 0 : x.abs().max().item<double>();
        static double Scale(Tensor x) => Math.Max(1e-3, Largest(x));
        static Tensor Things(IEnumerable<(Tensor Of, Tensor Like)> outputs) => cat([.. outputs.Select(output => output.Of.reshape(output.Of.shape[0], -1) / Scale(output.Like))], 1); // [things, values]
        static Tensor Distances(Tensor things, Tensor others) => stack([.. Enumerable.Range(0, (int)things.shape[0]).Select(thing => (others - things[thing]).abs().amax(1).min())]);
    }
}
