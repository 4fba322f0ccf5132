using System.Buffers.Binary;
using System.IO.Compression;

namespace Secateur.Onnx.Packing;

/// <summary>Bytes written as they are, by Huffman's code alone, or by Brotli: whichever is shortest. Never longer than they were, but for five bytes before them.</summary>
/// <remarks>
/// Positions and parts of floats are drawn from a skewed distribution without repetition: there Huffman's code is within 1 % of the entropy (measured)
/// at 200 MB/s, and Brotli needs its highest quality, at 1 MB/s, for the same. What repeats is Brotli's.
/// </remarks>
internal static class Entropy
{
    public const int Plain = 5, Careful = 9; // qualities of Brotli

    private enum Method : byte { Stored, Huffman, Brotli }

    public static void Write(Stream target, ReadOnlySpan<byte> bytes, int quality = Plain)
    {
        var method = Method.Stored;
        var shortest = bytes;
        var packed = new byte[bytes.Length];
        if (BrotliEncoder.TryCompress(bytes, packed, out var length, quality, window: 22) && length < shortest.Length)
        {
            method = Method.Brotli;
            shortest = packed.AsSpan(0, length);
        }
        using var huffman = new MemoryStream(bytes.Length);
        using (var deflate = new DeflateStream(huffman, new ZLibCompressionOptions { CompressionLevel = 6, CompressionStrategy = ZLibCompressionStrategy.HuffmanOnly }, leaveOpen: true))
            deflate.Write(bytes);
        if (huffman.Length < shortest.Length)
        {
            method = Method.Huffman;
            shortest = huffman.GetBuffer().AsSpan(0, (int)huffman.Length);
        }
        Span<byte> head = stackalloc byte[5];
        head[0] = (byte)method;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], shortest.Length);
        target.Write(head);
        target.Write(shortest);
    }

    /// <exception cref="InvalidDataException">The bytes are damaged: they do not give exactly as many as are asked for.</exception>
    public static byte[] Read(ref BlockReader source, int count)
    {
        var method = (Method)source.Byte();
        var packed = source.Bytes(source.Int(most: count));
        if (method == Method.Stored) return packed.Length == count ? packed.ToArray() : throw BlockReader.Damaged();
        var bytes = new byte[count];
        var done = method switch
        {
            Method.Brotli => BrotliDecoder.TryDecompress(packed, bytes, out var written) ? written : -1,
            Method.Huffman => Inflate(packed, bytes),
            _ => throw BlockReader.Damaged(),
        };
        return done == count ? bytes : throw BlockReader.Damaged();
    }

    private static int Inflate(ReadOnlySpan<byte> packed, byte[] bytes)
    {
        using var stream = new DeflateStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        var done = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return stream.ReadByte() < 0 ? done : -1;
    }
}
