using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>How float features are changed after they are read: (value·scale − mean) / std, in the order of axes that the model wants.</summary>
/// <param name="Mean">One, or one a channel (a value, for features of one axis); empty is 0.</param>
/// <param name="Std">As <paramref name="Mean"/>; empty is 1.</param>
/// <param name="Layout"><c>nchw</c> or <c>nhwc</c>: pictures [height, width, channels] or [channels, height, width] are turned to it.</param>
internal sealed record Shaping(double Scale, ImmutableArray<double> Mean, ImmutableArray<double> Std, string? Layout)
{
    public static Shaping None { get; } = new(1, [], [], null);

    public bool IsNone => Scale == 1 && Mean.IsEmpty && Std.IsEmpty && Layout is null;
}

/// <summary>Other examples, whose features have other names, scales or orders of axes.</summary>
internal sealed class Shaped : Examples
{
    private readonly Examples examples;
    private readonly ImmutableArray<(Feature From, Feature To)> features;
    private readonly Shaping? shaping;

    private Shaped(Examples examples, ImmutableArray<(Feature From, Feature To)> features, Shaping? shaping = null) =>
        (this.examples, this.features, this.shaping) = (examples, features, shaping);

    public override long Count => examples.Count;

    public override ImmutableArray<Feature> Features => [.. features.Select(pair => pair.To)];

    public override ImmutableArray<long>? Labels => examples.Labels;

    /// <exception cref="SecateurException">A feature is not there, or several go to one input.</exception>
    public static Shaped Renamed(Examples examples, IReadOnlyDictionary<string, ImmutableArray<string>> inputs, string path)
    {
        var features = ImmutableArray.CreateBuilder<(Feature From, Feature To)>();
        foreach (var (input, names) in inputs)
        {
            var known = names is [var name] ? examples.Features.FirstOrDefault(feature => feature.Name == name) : null;
            if (known is null)
            {
                throw new SecateurException($"{path}: inputs: has {string.Join(", ", names)} for '{input}'; "
                    + $"name one of {string.Join(", ", examples.Features.Select(feature => feature.Name))}");
            }
            features.Add((known, known with { Name = input }));
        }
        return new Shaped(examples, features.ToImmutable());
    }

    /// <exception cref="SecateurException">The mean or the standard deviation is not one number, nor one a channel.</exception>
    public static Shaped By(Examples examples, Shaping shaping, string path)
    {
        foreach (var feature in examples.Features.Where(feature => feature.Type == ScalarType.Float32))
        {
            foreach (var (key, numbers) in new[] { ("mean", shaping.Mean), ("std", shaping.Std) })
            {
                if (numbers.Length > 1 && numbers.Length != Channels(Turn(feature, shaping.Layout), shaping.Layout))
                {
                    throw new SecateurException(
                        $"{path}: {key}: has {numbers.Length} numbers, '{feature.Name}' is [{string.Join(", ", feature.Shape)}]; give one, or one a channel");
                }
            }
        }
        if (shaping.Std.Contains(0)) throw new SecateurException($"{path}: std: holds 0, by which nothing can be divided; give the standard deviation of the data");
        return new Shaped(examples, [.. examples.Features.Select(feature => (feature, Turn(feature, shaping.Layout)))], shaping);
    }

    public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices)
    {
        var read = examples.Read(indices);
        return features.ToDictionary(pair => pair.To.Name, pair => shaping is null ? read[pair.From.Name] : Change(read[pair.From.Name], pair.From, pair.To));
    }

    public override Feature? Target => examples.Target;

    public override int Vocabulary => examples.Vocabulary;

    public override int Bucket(long index) => examples.Bucket(index);

    public override Tensor ReadTarget(ReadOnlySpan<long> indices) => examples.ReadTarget(indices);

    public override string Describe(long index) => examples.Describe(index);

    public override void Dispose() => examples.Dispose();

    private Tensor Change(Tensor tensor, Feature from, Feature to)
    {
        if (!from.Shape.SequenceEqual(to.Shape)) tensor = (shaping!.Layout == "nhwc" ? tensor.permute(0, 2, 3, 1) : tensor.permute(0, 3, 1, 2)).contiguous();
        if (to.Type != ScalarType.Float32) return tensor;
        if (shaping!.Scale != 1) tensor = tensor * shaping.Scale;
        if (!shaping.Mean.IsEmpty) tensor = tensor - Along(shaping.Mean, to);
        return shaping.Std.IsEmpty ? tensor : tensor / Along(shaping.Std, to);
    }

    private Tensor Along(ImmutableArray<double> numbers, Feature feature)
    {
        var values = tensor(numbers.Select(number => (float)number).ToArray());
        return feature.Shape.Length == 3 && shaping!.Layout != "nhwc" ? values.reshape(-1, 1, 1) : values;
    }

    private static long Channels(Feature feature, string? layout) => (feature.Shape, layout) switch
    {
        ([_, _, var last], "nhwc") => last,
        ([var first, _, _], _) => first,
        ([.., var last], _) => last,
        _ => 1,
    };

    private static Feature Turn(Feature feature, string? layout) => (layout, feature.Shape) switch
    {
        ("nhwc", [(1 or 3 or 4) and var channels, var height, var width]) => feature with { Shape = [height, width, channels] },
        ("nchw", [var height, var width, (1 or 3 or 4) and var channels]) when height is not (1 or 3 or 4) => feature with { Shape = [channels, height, width] },
        _ => feature,
    };
}
