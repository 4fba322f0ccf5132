using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>An array that each example has, such as <c>pixels</c> [1, 28, 28].</summary>
/// <param name="Name">As in the data: an array's or a column's name.</param>
/// <param name="Shape">Of one example, without the batch axis.</param>
/// <param name="Type">As <see cref="Examples.Read"/> gives it.</param>
/// <param name="FromBytes">Whether it was read from bytes as value / 255, so that a model of integers gets them back.</param>
public sealed record Feature(string Name, ImmutableArray<long> Shape, ScalarType Type, bool FromBytes = false)
{
    /// <summary>Stands in <see cref="Shape"/> for a size that differs from example to example.</summary>
    public const long Varies = -1;

    public override string ToString() => $"{Name} [{string.Join(", ", Shape.Select(size => size == Varies ? "varies" : $"{size}").Prepend("N"))}]";
}

/// <summary>Examples by number, read as they are asked for: in memory where they fit, from the files where not.</summary>
public abstract class Examples : IDisposable
{
    public abstract long Count { get; }

    public abstract ImmutableArray<Feature> Features { get; }

    /// <summary>The class of each example, [Count]; null for data without labels.</summary>
    public virtual ImmutableArray<long>? Labels => null;

    /// <summary>What each example should be answered with: its class, or an array of whatever the task asks; null for data without labels.</summary>
    public virtual Feature? Target => Labels is null ? null : new("labels", [], ScalarType.Int64);

    /// <summary>Token numbers are in [0, Vocabulary); 0 for data that is no text.</summary>
    public virtual int Vocabulary => 0;

    /// <summary>Examples of one bucket have, or are padded to, one shape and can be read together.</summary>
    public virtual int Bucket(long index) => 0;

    /// <summary>Reads some examples.</summary>
    /// <param name="indices">Each in [0, Count), all of one bucket; in any order, also more than once.</param>
    /// <returns>By feature name a tensor [indices.Length, …shape], which belongs to the caller's dispose scope.</returns>
    public abstract Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices);

    /// <summary>Reads what some examples should be answered with.</summary>
    /// <param name="indices">As for <see cref="Read"/>, of any bucket.</param>
    /// <returns>[indices.Length, …shape of the target], which belongs to the caller's dispose scope.</returns>
    public virtual Tensor ReadTarget(ReadOnlySpan<long> indices)
    {
        var labels = Labels ?? throw new InvalidOperationException("The data has no labels.");
        var read = new long[indices.Length];
        for (var i = 0; i < read.Length; i++) read[i] = labels[(int)indices[i]];
        return tensor(read);
    }

    /// <summary>Where example <paramref name="index"/> came from, for reports: <c>t10k-images #17</c>, <c>cats/3.png</c>.</summary>
    public virtual string Describe(long index) => $"#{index}";

    public virtual void Dispose() { }
}
