using System.Collections.Immutable;
using Secateur.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Evaluation;

/// <summary>One feature, held in memory.</summary>
/// <param name="name">The feature's name.</param>
/// <param name="values">[count, …shape]</param>
/// <param name="labels">Null for none.</param>
internal sealed class InMemory(string name, Tensor values, long[]? labels) : Examples
{
    private readonly Tensor values = values.DetachFromDisposeScope();

    public override long Count => values.shape[0];

    public override ImmutableArray<Feature> Features => [new(name, [.. values.shape[1..]], values.dtype)];

    public override ImmutableArray<long>? Labels => labels is null ? null : [.. labels];

    public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices) => new() { [name] = values[tensor(indices.ToArray())] };

    public override void Dispose() => values.Dispose();

    public static InMemory Rows(float[,] rows, params long[]? labels) => new("x", tensor(rows), labels);
}
