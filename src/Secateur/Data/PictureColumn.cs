using System.Collections.Immutable;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>Pictures that stay in their files and are decoded as they are asked for, several at once.</summary>
internal sealed class PictureColumn(ImmutableArray<Picture> pictures, int channels, int height, int width) : Column
{
    public override long Count => pictures.Length;

    public IEnumerable<string> Files => pictures.Select(picture => picture.File);

    public override Feature Feature { get; } = new("pixels", [channels, height, width], ScalarType.Float32);

    public override Tensor Read(ReadOnlySpan<long> indices)
    {
        var size = channels * height * width;
        var decoded = new byte[indices.Length][];
        var wanted = indices.ToArray();
        Run(wanted.Length, i => pictures[(int)wanted[i]].Decode(decoded[i] = new byte[size], height, width), CancellationToken.None);
        var tensor = empty([wanted.Length, .. Feature.Shape]);
        if (wanted.Length == 0) return tensor;
        var values = MemoryMarshal.Cast<byte, float>(tensor.bytes);
        for (var i = 0; i < wanted.Length; i++) ArrayColumn.ToUnit(decoded[i], values.Slice(i * size, size));
        return tensor;
    }

    /// <summary>The same pictures, all decoded now.</summary>
    public ArrayColumn ToMemory(CancellationToken cancel)
    {
        var size = channels * height * width;
        var block = Block.OfSize((long)pictures.Length * size);
        Run(pictures.Length, i =>
        {
            var decoded = new byte[size];
            pictures[i].Decode(decoded, height, width);
            block.Write((long)i * size, decoded);
        }, cancel);
        return new ArrayColumn("pixels", [pictures.Length, channels, height, width], ScalarType.Byte, block);
    }

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
}
