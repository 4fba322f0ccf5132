using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>An array that each example has, such as <c>pixels</c> [1, 28, 28].</summary>
/// <param name="Name">As in the data: an array's or a column's name.</param>
/// <param name="Shape">Of one example, without the batch axis.</param>
/// <param name="Type">As <see cref="Examples.Read"/> gives it.</param>
public sealed record Feature(string Name, ImmutableArray<long> Shape, ScalarType Type);

/// <summary>Examples by number, read as they are asked for: in memory where they fit, from the files where not.</summary>
public abstract class Examples : IDisposable
{
    public abstract long Count { get; }

    public abstract ImmutableArray<Feature> Features { get; }

    /// <summary>The class of each example, [Count]; null for data without labels.</summary>
    public virtual ImmutableArray<long>? Labels => null;

    /// <summary>Reads some examples.</summary>
    /// <param name="indices">Each in [0, Count); in any order, also more than once.</param>
    /// <returns>By feature name a tensor [indices.Length, …shape], which belongs to the caller's dispose scope.</returns>
    public abstract Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices);

    /// <summary>Where example <paramref name="index"/> came from, for reports: <c>t10k-images #17</c>, <c>cats/3.png</c>.</summary>
    public virtual string Describe(long index) => $"#{index}";

    public virtual void Dispose() { }
}
