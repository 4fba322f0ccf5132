using System.Collections.Immutable;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>Pictures, each brought to its place: decoded once where all fit into memory, otherwise as they are asked for, several at once.</summary>
internal sealed class PictureColumn : Column
{
    private readonly ImmutableArray<Picture> pictures;
    private readonly ImmutableArray<Placement> places;
    private readonly ImmutableArray<float[]> values; // by channel, what a byte becomes
    private readonly ImmutableArray<int> buckets;
    private readonly Preprocessing how;
    private readonly int channels;
    private Block? memory;
    private long[] offsets = [];

    /// <param name="pictures">As their headers say.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="how">Of every picture.</param>
    public PictureColumn(ImmutableArray<Picture> pictures, int channels, Preprocessing how)
    {
        (this.pictures, this.channels, this.how) = (pictures, channels, how);
        places = [.. pictures.Select(picture => how.Place(picture.Height, picture.Width))];
        values = [.. Enumerable.Range(0, channels).Select(how.Values)];
        var sizes = places.Select(place => (place.OutHeight, place.OutWidth)).Distinct().Order().Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        buckets = [.. places.Select(place => sizes[(place.OutHeight, place.OutWidth)])];
        Sizes = [.. sizes.Keys.Order()];
        long Side(Func<(int Height, int Width), int> of) => Sizes.Select(of).Distinct().ToArray() is [var only] ? only : Feature.Varies;
        var (height, width) = (Side(size => size.Height), Side(size => size.Width));
        Feature = new("pixels", how.Layout == "nhwc" ? [height, width, channels] : [channels, height, width], ScalarType.Float32, how.KeepsValues);
    }

    public override long Count => pictures.Length;

    public IEnumerable<string> Files => pictures.Select(picture => picture.File);

    /// <summary>Of the tensors, by bucket.</summary>
    public ImmutableArray<(int Height, int Width)> Sizes { get; }

    /// <summary>Of all pictures once decoded.</summary>
    public long Bytes => places.Sum(place => (long)Size(place));

    public override Feature Feature { get; }

    public override int Bucket(long index) => buckets[(int)index];

    public override Tensor Read(ReadOnlySpan<long> indices)
    {
        if (indices.Length == 0) return empty([0, .. Feature.Shape.Select(size => Math.Max(0, size))]);
        var (height, width) = Sizes[buckets[(int)indices[0]]];
        var wanted = indices.ToArray();
        var decoded = new byte[wanted.Length][];
        Run(wanted.Length, i => decoded[i] = Pixels((int)wanted[i]), CancellationToken.None);
        var tensor = zeros(wanted.Length, channels, height, width);
        var into = MemoryMarshal.Cast<byte, float>(tensor.bytes);
        for (var i = 0; i < wanted.Length; i++)
        {
            var place = places[(int)wanted[i]];
            if ((place.OutHeight, place.OutWidth) != (height, width)) throw new ArgumentException("The pictures are not of one bucket.", nameof(indices));
            Put(decoded[i], place, into.Slice(i * channels * height * width, channels * height * width));
        }
        return how.Layout == "nhwc" ? tensor.permute(0, 2, 3, 1).contiguous() : tensor;
    }

    /// <summary>Decodes all of them now.</summary>
    public PictureColumn ToMemory(CancellationToken cancel)
    {
        offsets = new long[places.Length];
        for (var i = 1; i < offsets.Length; i++) offsets[i] = offsets[i - 1] + Size(places[i - 1]);
        var block = Block.OfSize(Bytes);
        Run(pictures.Length, i => block.Write(offsets[i], pictures[i].Decode(places[i], how.Channels, channels)), cancel);
        memory = block;
        return this;
    }

    public override void Dispose() => memory?.Dispose();

    /// <summary>For each number below <paramref name="count"/>, on all processors; ends with the first error, not with a bundle of them.</summary>
    public static void Run(int count, Action<int> each, CancellationToken cancel)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancel }, each);
        }
        catch (AggregateException e)
        {
            throw e.InnerExceptions[0] is SecateurException known ? new SecateurException(known.Message, known) : e.InnerExceptions[0];
        }
    }

    private int Size(Placement place) => channels * place.Rows * place.Columns;

    private byte[] Pixels(int index)
    {
        if (memory is null) return pictures[index].Decode(places[index], how.Channels, channels);
        var pixels = new byte[Size(places[index])];
        memory.Read(offsets[index], pixels);
        return pixels;
    }

    /// <summary>Writes one picture; what is padding stays 0, which is the mean.</summary>
    private void Put(ReadOnlySpan<byte> pixels, Placement place, Span<float> into)
    {
        for (var channel = 0; channel < channels; channel++)
        {
            var table = values[channel];
            for (var row = 0; row < place.Rows; row++)
            {
                var from = pixels.Slice(((channel * place.Rows) + row) * place.Columns, place.Columns);
                var to = into.Slice(((channel * place.OutHeight) + row) * place.OutWidth, place.Columns);
                for (var column = 0; column < from.Length; column++) to[column] = table[from[column]];
            }
        }
    }
}
