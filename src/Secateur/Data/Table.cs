using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>Examples whose features are columns of one length.</summary>
/// <param name="columns">At least one; all of one count.</param>
/// <param name="labels">Of all examples, or null.</param>
/// <param name="describe">Where an example came from; null gives its number.</param>
/// <param name="target">What each example should be answered with, where that is more than one class.</param>
internal sealed class Table(ImmutableArray<Column> columns, ImmutableArray<long>? labels = null, Func<long, string>? describe = null, Column? target = null) : Examples
{
    public override long Count => columns[0].Count;

    public override ImmutableArray<Feature> Features { get; } = [.. columns.Select(column => column.Feature)];

    public override ImmutableArray<long>? Labels => labels;

    public override Feature? Target => target?.Feature ?? base.Target;

    public override int Bucket(long index) => columns.FirstOrDefault(column => column.Feature.Shape.Contains(Feature.Varies))?.Bucket(index) ?? 0;

    public override Tensor ReadTarget(ReadOnlySpan<long> indices) => target?.Read(indices) ?? base.ReadTarget(indices);

    public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices)
    {
        Dictionary<string, Tensor> read = [];
        foreach (var column in columns) read[column.Feature.Name] = column.Read(indices);
        return read;
    }

    public override string Describe(long index) => describe?.Invoke(index) ?? base.Describe(index);

    public override void Dispose()
    {
        foreach (var column in columns) column.Dispose();
        target?.Dispose();
    }
}
