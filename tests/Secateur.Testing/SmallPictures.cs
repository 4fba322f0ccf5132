using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Testing;

/// <summary>400 noisy pictures of 8×8 in 4 classes (which quarter is brighter), 100 more as the test: learned in a second, but not without fault.</summary>
public static class SmallPictures
{
    public const int Size = 8, Classes = 4;

    private const int Train = 400, Test = 100;

    /// <summary>In memory.</summary>
    /// <param name="seed">Draws noise and labels.</param>
    /// <param name="labels">False for data without labels.</param>
    public static DataSet Open(int seed = 1, bool labels = true)
    {
        var (train, test) = (Draw(seed, Train), Draw(seed + 1, Test));
        return DataSet.Of(new Pictures(train, labels), new Pictures(test, labels), $"small pictures {seed}", new DataOptions());
    }

    /// <summary>As a <c>.npz</c>: <c>input</c>, <c>labels</c>, <c>test_input</c>, <c>test_labels</c>.</summary>
    /// <param name="path">Where to write it.</param>
    /// <param name="input">Name of the pictures' array.</param>
    /// <param name="firstLabel">Added to every label.</param>
    /// <param name="size">Width of the pictures; others than 8 fit no model made for these.</param>
    public static string Write(string path, string input = "input", long firstLabel = 0, int size = Size)
    {
        using var scope = NewDisposeScope();
        var (train, test) = (Draw(1, Train), Draw(2, Test));
        Tensor Cut((float[] Pixels, long[] Labels) part) => tensor(part.Pixels).reshape(-1, 1, Size, Size).narrow(3, 0, size).contiguous();
        AtomicFile.Write(path, stream => Npz.Write(stream,
        [
            new(input, Cut(train)), new("labels", tensor(train.Labels) + firstLabel), new($"test_{input}", Cut(test)), new("test_labels", tensor(test.Labels) + firstLabel),
        ]));
        return path;
    }

    private static (float[] Pixels, long[] Labels) Draw(int seed, int count)
    {
        var random = new Random(seed);
        var labels = new long[count];
        var pixels = new float[count * Size * Size];
        for (var picture = 0; picture < count; picture++)
        {
            labels[picture] = random.Next(Classes);
            for (var place = 0; place < Size * Size; place++)
            {
                var quarter = (2 * (place / Size / (Size / 2))) + (place % Size / (Size / 2));
                pixels[(picture * Size * Size) + place] = (0.75f * random.NextSingle()) + (quarter == labels[picture] ? 0.25f : 0);
            }
        }
        return (pixels, labels);
    }

    private sealed class Pictures((float[] Pixels, long[] Labels) drawn, bool labels) : Examples
    {
        public override long Count => drawn.Labels.Length;

        public override ImmutableArray<Feature> Features => [new("input", [1, Size, Size], ScalarType.Float32)];

        public override ImmutableArray<long>? Labels { get; } = labels ? [.. drawn.Labels] : null;

        public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices)
        {
            var pixels = new float[indices.Length * Size * Size];
            for (var row = 0; row < indices.Length; row++)
                drawn.Pixels.AsSpan((int)indices[row] * Size * Size, Size * Size).CopyTo(pixels.AsSpan(row * Size * Size));
            return new() { ["input"] = tensor(pixels).reshape(indices.Length, 1, Size, Size) };
        }
    }
}
