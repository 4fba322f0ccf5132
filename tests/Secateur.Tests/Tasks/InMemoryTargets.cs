using System.Collections.Immutable;
using Secateur.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Tasks;

/// <summary>One feature and labels of any shape, held in memory; perhaps in buckets.</summary>
internal sealed class InMemoryTargets(string name, Tensor values, Tensor? labels, Func<long, int>? bucket = null) : Examples
{
    private readonly Tensor values = values.DetachFromDisposeScope();
    private readonly Tensor? labels = labels?.DetachFromDisposeScope();

    public override long Count => values.shape[0];

    public override ImmutableArray<Feature> Features => [new(name, [.. values.shape[1..]], values.dtype)];

    public override Feature? Target => labels is null ? null : new("labels", [.. labels.shape[1..]], labels.dtype);

    public override ImmutableArray<long>? Labels => labels is { } known && known.dim() == 1 && !is_floating_point(known) ? [.. known.data<long>()] : null;

    public override int Bucket(long index) => bucket?.Invoke(index) ?? 0;

    public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices) => new() { [name] = values[tensor(indices.ToArray())] };

    public override Tensor ReadTarget(ReadOnlySpan<long> indices) => labels![tensor(indices.ToArray())];

    public override void Dispose()
    {
        values.Dispose();
        labels?.Dispose();
    }
}
