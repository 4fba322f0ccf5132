using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Secateur.Tasks;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>The labels of examples as they were read: a class for each, numbers, or a sequence.</summary>
internal sealed class Labelling
{
    private readonly ImmutableArray<long> classes; // where each example has one
    private readonly float[] numbers = [];         // otherwise [examples, width]
    private readonly int width;
    private readonly ScalarType type;

    private Labelling(Labels labels) => (classes, Names) = (labels.Values, labels.Names);

    private Labelling(float[] numbers, int width, ScalarType type) => (this.numbers, this.width, this.type) = (numbers, width, type);

    /// <summary>Of the classes; empty where there are none.</summary>
    public ImmutableArray<string> Names { get; } = [];

    /// <summary>A word an example: its class, its number where one of them is no whole one or the task is regression, or its text where symbols are known.</summary>
    public static Labelling Of(IReadOnlyList<string> words, string place, DataOptions options)
    {
        if (options.Symbols is { } symbols) return OfSequences([.. words.Select((word, index) => symbols.Read(word, $"{place}: example {index + 1}"))]);
        if (words.Count == 0) return new(new Labels([], []));
        var parsed = new double[words.Count];
        for (var i = 0; i < parsed.Length; i++)
        {
            if (!double.TryParse(words[i], CultureInfo.InvariantCulture, out parsed[i]) || !double.IsFinite(parsed[i]))
                return options.Task != "regression" ? new(Labels.Of(words, place)) : throw new SecateurException($"{place}: example {i + 1} has label '{words[i]}', which is no number, as regression needs; mend it");
        }
        return options.Task == "regression" || parsed.Any(value => value != Math.Floor(value)) ? new([.. parsed.Select(value => (float)value)], 1, ScalarType.Float32) : new(Labels.Of(words, place));
    }

    /// <summary>As many numbers for each example; classes of their own where all are whole.</summary>
    public static Labelling OfRows(IReadOnlyList<float[]> rows, DataOptions options)
    {
        var whole = options.Task != "regression" && rows.All(row => row.All(value => value == MathF.Floor(value)));
        return new([.. rows.SelectMany(row => row)], rows.Count == 0 ? 1 : rows[0].Length, whole ? ScalarType.Int64 : ScalarType.Float32);
    }

    /// <summary>A sequence for each example, filled up to the longest with what does not count.</summary>
    public static Labelling OfSequences(IReadOnlyList<long[]> rows, int least = 1)
    {
        var longest = Math.Max(least, rows.Count == 0 ? 1 : rows.Max(row => row.Length));
        var padded = new float[rows.Count * longest];
        Array.Fill(padded, Positions.Ignore);
        for (var i = 0; i < rows.Count; i++)
            for (var at = 0; at < rows[i].Length; at++) padded[(i * longest) + at] = rows[i][at];
        return new(padded, longest, ScalarType.Int64);
    }

    /// <summary>Some of them, in order.</summary>
    public (ImmutableArray<long>? Classes, Column? Target) Part(int start, int count)
    {
        if (width == 0) return (classes.Slice(start, count), null);
        var part = numbers.AsSpan(start * width, count * width);
        var bytes = type == ScalarType.Float32 ? MemoryMarshal.AsBytes(part) : MemoryMarshal.AsBytes(Array.ConvertAll(part.ToArray(), value => (long)value).AsSpan());
        return (null, new ArrayColumn("labels", width == 1 ? [count] : [count, width], type, Block.Of(bytes)));
    }
}
