using System.Collections.Immutable;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>An example of text: as it is, or as token numbers that were made elsewhere.</summary>
/// <param name="Text">Empty where there are tokens.</param>
/// <param name="Label">A word, or null.</param>
internal sealed record Line(string Text, string? Label = null)
{
    public int[]? Tokens { get; init; }

    /// <summary>A label of several numbers.</summary>
    public float[]? Numbers { get; init; }

    public bool HasLabel => Label is not null || Numbers is not null;
}

/// <summary>Texts as <c>input_ids</c> and <c>attention_mask</c>, int64 [length]. Tokens are kept once made, where all of them fit.</summary>
internal sealed class TextExamples(long count, Func<long, Line> line, TextTokenizer tokenizer, DataOptions options, (ImmutableArray<long>? Classes, Column? Target)? labels,
    IDisposable lines) : Examples
{
    private readonly int[]?[]? made = count * options.Length * sizeof(int) <= options.BytesInMemory ? new int[]?[count] : null;

    public override long Count => count;

    public override ImmutableArray<Feature> Features { get; } =
        [new("input_ids", [options.Length], ScalarType.Int64), new("attention_mask", [options.Length], ScalarType.Int64)];

    public override ImmutableArray<long>? Labels => labels?.Classes;

    public override Feature? Target => labels?.Target?.Feature ?? base.Target;

    public override int Vocabulary => tokenizer.Vocabulary;

    public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices)
    {
        var (ids, mask) = (full([indices.Length, options.Length], tokenizer.Padding, ScalarType.Int64), zeros([indices.Length, options.Length], ScalarType.Int64));
        for (var i = 0; i < indices.Length; i++)
        {
            var tokens = Tokens(indices[i]);
            var row = MemoryMarshal.Cast<byte, long>(ids.bytes).Slice(i * options.Length, tokens.Length);
            for (var at = 0; at < row.Length; at++) row[at] = tokens[at];
            MemoryMarshal.Cast<byte, long>(mask.bytes).Slice(i * options.Length, tokens.Length).Fill(1);
        }
        return new() { ["input_ids"] = ids, ["attention_mask"] = mask };
    }

    public override Tensor ReadTarget(ReadOnlySpan<long> indices) => labels?.Target?.Read(indices) ?? base.ReadTarget(indices);

    public override string Describe(long index) => $"line {index + 1}";

    public override void Dispose()
    {
        lines.Dispose();
        labels?.Target?.Dispose();
    }

    // two threads may make the same tokens; they are equal, so it does not matter whose stay
    private int[] Tokens(long index) => made is null ? Encode(index) : made[index] ??= Encode(index);

    private int[] Encode(long index) => line(index) is { Tokens: { } tokens } ? tokens[..Math.Min(tokens.Length, options.Length)] : tokenizer.Encode(line(index).Text, options.Length);
}
