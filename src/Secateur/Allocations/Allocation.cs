using System.Collections.Frozen;

namespace Secateur.Allocations;

/// <summary>How a budget of weights to remove is spread over layers.</summary>
public abstract class Allocation
{
    /// <summary>By the word of the command line and the recipe.</summary>
    public static FrozenDictionary<string, Allocation> All { get; } = new Dictionary<string, Allocation>
    {
        ["global"] = new Global(),
        ["lamp"] = new Lamp(),
        ["sensitivity"] = new Sensitivity(),
        ["uniform"] = new Uniform(),
    }.ToFrozenDictionary();

    /// <summary>One line for the help.</summary>
    public abstract string Summary { get; }

    /// <summary>Whether it asks for <see cref="Candidate.Losses"/>.</summary>
    public virtual bool Measures => false;

    /// <summary>Decides how many units each layer loses.</summary>
    /// <param name="layers">The layers; none may lose more than its <see cref="Candidate.MostUnits"/>.</param>
    /// <param name="weights">How many weights shall go in all; not more than the layers together may lose.</param>
    /// <returns>Units to prune, one number a layer; their weights sum to <paramref name="weights"/> within a unit a layer.</returns>
    public abstract long[] Spread(IReadOnlyList<Candidate> layers, long weights);
}
