using System.Collections.Frozen;
using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Granularities;

/// <summary>Which weights are removed together. A unit is what goes or stays as a whole.</summary>
public abstract class Granularity
{
    /// <summary>The forms that the command line and the recipe know, each with what makes it of the given word.</summary>
    public static FrozenDictionary<string, Func<string, Granularity?>> All { get; } = new Dictionary<string, Func<string, Granularity?>>
    {
        ["unstructured"] = word => word == "unstructured" ? new Unstructured() : null,
        ["N:M"] = FineGrained.Of,
        ["block-RxC[-adjacent]"] = Block.Of,
    }.ToFrozenDictionary();

    /// <exception cref="SecateurException">The word is of no known form.</exception>
    public static Granularity Parse(string word) => All.Values.Select(parse => parse(word)).FirstOrDefault(made => made is not null)
        ?? throw new SecateurException($"granularity '{word}': is not known; write unstructured, N:M such as 2:4, or block-RxC such as block-4x1 (outputs x inputs)");

    /// <summary>The sparsity that it stands for by itself, in [0, 1]; null where any may be asked for.</summary>
    public virtual double? FixedSparsity => null;

    /// <summary>Why this weight cannot be pruned so; null where it can.</summary>
    public virtual string? Unfit(Weight weight) => null;

    /// <summary>How many outputs share a unit, if they may be any that are alike; 1 where a unit's weights lie side by side.</summary>
    public virtual int AlikeOutputs => 1;

    /// <summary>Scores of units.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="scores">[out, in·kernel], ≥ 0.</param>
    /// <returns>[units], ≥ 0; comparable between weights.</returns>
    public abstract Tensor Units(Weight weight, Tensor scores);

    /// <summary>Spreads one value a unit over its weights.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="units">[units], of any type.</param>
    /// <returns>[out, in·kernel].</returns>
    public abstract Tensor Spread(Weight weight, Tensor units);
}
