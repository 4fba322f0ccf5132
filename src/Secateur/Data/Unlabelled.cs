using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>The same examples without their labels.</summary>
internal sealed class Unlabelled(Examples examples) : Examples
{
    public override long Count => examples.Count;

    public override ImmutableArray<Feature> Features => examples.Features;

    public static Source Of(Source source) => source with
    {
        Train = new Unlabelled(source.Train),
        Test = source.Test is { } test ? new Unlabelled(test) : null,
        ClassNames = [],
        Metric = source.Metric is { } metric && Evaluation.Metric.All[metric].NeedsLabels ? null : source.Metric,
        Notes = [.. source.Notes, "labels left unread"],
    };

    public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices) => examples.Read(indices);

    public override int Vocabulary => examples.Vocabulary;

    public override int Bucket(long index) => examples.Bucket(index);

    public override string Describe(long index) => examples.Describe(index);

    public override void Dispose() => examples.Dispose();
}
