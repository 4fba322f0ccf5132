using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Secateur.Onnx.Packing;

/// <summary>A file as it was before it was packed, and is again.</summary>
/// <param name="Name">Of the model its file's name; of external data the place relative to the model's folder, as the model says it.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">In hexadecimal.</param>
public sealed record PackedFile(string Name, long Bytes, string Sha256);

/// <summary>The head of a <c>.secz</c> file: a magic, a version, and of each packed file name, length and SHA-256; then a SHA-256 of all this.</summary>
internal static class PackedHeader
{
    private const int Version = 1;
    private const int MostBytes = 1 << 24; // of some hundred thousand files of external data
    private const int HashBytes = 32;

    // as PNG's: no text, and a transfer that changes line ends is seen at once
    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'S', (byte)'E', (byte)'C', (byte)'Z', 0x0D, 0x0A, 0x1A];

    public static bool Begins(ReadOnlySpan<byte> file) => file.StartsWith(Magic);

    public static byte[] Write(IReadOnlyList<PackedFile> files)
    {
        using var body = new MemoryStream();
        using var writer = new BinaryWriter(body, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Version);
        var lengthAt = body.Position;
        writer.Write(0);
        writer.Write(files.Count);
        foreach (var file in files)
        {
            writer.Write(file.Bytes);
            writer.Write(Convert.FromHexString(file.Sha256));
            var name = Encoding.UTF8.GetBytes(file.Name);
            writer.Write(name.Length);
            writer.Write(name);
        }
        body.Position = lengthAt;
        writer.Write((int)body.Length);
        writer.Flush();
        return [.. body.ToArray(), .. SHA256.HashData(body.ToArray())];
    }

    /// <exception cref="InvalidDataException">Damaged, or of a later version; the message says which and ends with the mend.</exception>
    /// <exception cref="EndOfStreamException">The file ends in its head.</exception>
    public static ImmutableArray<PackedFile> Read(Stream stream)
    {
        var start = new byte[Magic.Length + 8];
        stream.ReadExactly(start);
        if (!Begins(start)) throw new InvalidDataException("is no packed model; name a .secz file that secateur pack has written");
        var (version, length) = (BitConverter.ToInt32(start, Magic.Length), BitConverter.ToInt32(start, Magic.Length + 4));
        if (version != Version) throw new InvalidDataException($"is of version {version}, and this Secateur reads {Version}; take a newer one");
        if (length < start.Length + 4 || length > MostBytes) throw Damaged();
        var body = new byte[length + HashBytes];
        start.CopyTo(body, 0);
        stream.ReadExactly(body.AsSpan(start.Length));
        if (!SHA256.HashData(body.AsSpan(0, length)).AsSpan().SequenceEqual(body.AsSpan(length))) throw Damaged();
        var source = new BlockReader(body.AsSpan(start.Length, length - start.Length));
        var files = ImmutableArray.CreateBuilder<PackedFile>();
        for (var count = source.Int(MostBytes); count > 0; count--)
        {
            var bytes = BitConverter.ToInt64(source.Bytes(8));
            var hash = Convert.ToHexStringLower(source.Bytes(HashBytes));
            files.Add(new(Encoding.UTF8.GetString(source.Bytes(source.Int(MostBytes))), bytes, hash));
        }
        return files.Count > 0 && source.IsAtEnd && files.All(file => file.Bytes >= 0) ? files.DrainToImmutable() : throw Damaged();
    }

    private static InvalidDataException Damaged() => new("is damaged in its head; copy it or pack the model again");
}
