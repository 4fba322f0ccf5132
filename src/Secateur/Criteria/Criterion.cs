using System.Collections.Frozen;
using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>Scores how much each weight matters. The lowest go first.</summary>
public abstract class Criterion
{
    /// <summary>By the word of the command line and the recipe.</summary>
    public static FrozenDictionary<string, Criterion> All { get; } = new Dictionary<string, Criterion>
    {
        ["magnitude"] = new Magnitude(),
        ["magnitude-l2"] = new MagnitudeL2(),
        ["gradient-weight"] = new GradientWeight(),
        ["taylor"] = new Taylor(),
        ["fisher"] = new Fisher(),
        ["activation-frequency"] = new ActivationFrequency(),
        ["surgeon"] = new Surgeon(),
        ["random"] = new RandomScore(),
    }.ToFrozenDictionary();

    /// <summary>One line for the help.</summary>
    public abstract string Summary { get; }

    /// <summary>What it must have seen of the data.</summary>
    public virtual Needs Needs => Needs.Nothing;

    /// <param name="weight">The weight; its matrix is [out, in·kernel].</param>
    /// <param name="statistics">Of the calibration examples; holds at least what <see cref="Needs"/> asks for.</param>
    /// <returns>[out, in·kernel], float32 (of a weight of float64 perhaps float64), finite, ≥ 0.</returns>
    public abstract Tensor Score(Weight weight, Statistics statistics);
}
