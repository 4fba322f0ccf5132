using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;

namespace Secateur.Data;

/// <summary>A file within a zip file, with the place of its bytes, so that what is stored plainly can be mapped.</summary>
/// <remarks>The base class library's reader does not tell the place. PKWARE's APPNOTE, 4.3 and 4.5.3.</remarks>
internal sealed record ZipEntry(string Name, bool Stored, long Start, long Packed, long Size)
{
    private const int EndLength = 22;
    private const int LongestComment = 1 << 16;
    private const int LongestDirectory = 1 << 28;

    /// <exception cref="SecateurException">No zip file, or a damaged one; the message names it.</exception>
    public static ImmutableArray<ZipEntry> Read(Stream file, string path)
    {
        try
        {
            var (count, start, length) = FindDirectory(file, path);
            if (length > LongestDirectory || start < 0 || start + length > file.Length || count > length) throw Damaged(path);
            var directory = new byte[length];
            ReadAt(file, start, directory);
            var entries = ImmutableArray.CreateBuilder<ZipEntry>();
            for (var at = 0; count-- > 0;) entries.Add(ReadEntry(file, directory, ref at, path));
            if (entries.Select(entry => entry.Name).Distinct().Count() < entries.Count) throw Damaged(path);
            return entries.ToImmutable();
        }
        catch (Exception e) when (e is EndOfStreamException or ArgumentOutOfRangeException)
        {
            throw Damaged(path);
        }
    }

    /// <summary>The entry's bytes, unpacked.</summary>
    public Stream Open(string path)
    {
        var stream = File.OpenRead(path);
        stream.Position = Start;
        return Stored ? stream : new DeflateStream(stream, CompressionMode.Decompress);
    }

    private static (long Count, long Start, long Length) FindDirectory(Stream file, string path)
    {
        var tail = new byte[(int)Math.Min(file.Length, EndLength + LongestComment)];
        ReadAt(file, file.Length - tail.Length, tail);
        var at = tail.AsSpan().LastIndexOf("PK\x05\x06"u8);
        if (at < 0) throw new SecateurException($"{path}: is no npz file or is truncated; write it again with numpy.savez");
        var end = tail.AsSpan(at, EndLength);
        var (count, length, start) = (U16(end[10..]), U32(end[12..]), U32(end[16..]));
        if (count != ushort.MaxValue && length != uint.MaxValue && start != uint.MaxValue) return (count, start, length);
        var locator = tail.AsSpan(at - 20, 20);
        var record = new byte[56];
        ReadAt(file, checked((long)U64(locator[8..])), record);
        return ((long)U64(record.AsSpan(32)), (long)U64(record.AsSpan(48)), (long)U64(record.AsSpan(40)));
    }

    private static ZipEntry ReadEntry(Stream file, ReadOnlySpan<byte> directory, ref int at, string path)
    {
        var head = directory.Slice(at, 46);
        if (!head.StartsWith("PK\x01\x02"u8)) throw Damaged(path);
        var method = U16(head[10..]);
        var name = directory.Slice(at + head.Length, U16(head[28..]));
        var extra = directory.Slice(at + head.Length + name.Length, U16(head[30..]));
        long packed = U32(head[20..]), size = U32(head[24..]), local = U32(head[42..]);
        at += 46 + name.Length + extra.Length + U16(head[32..]);
        for (; extra.Length >= 4; extra = extra[(4 + U16(extra[2..]))..])
        {
            if (U16(extra) != 1) continue; // sizes that need 64 bits, in this order and only where the 32 bits above are full
            var wide = extra.Slice(4, U16(extra[2..]));
            Widen(ref size, ref wide);
            Widen(ref packed, ref wide);
            Widen(ref local, ref wide);
        }
        var text = Encoding.UTF8.GetString(name);
        if (method is not (0 or 8)) throw new SecateurException($"{path}: '{text}' is packed by method {method}; write it with numpy.savez or savez_compressed");
        Span<byte> header = stackalloc byte[30];
        ReadAt(file, local, header);
        var start = local + 30 + U16(header[26..]) + U16(header[28..]);
        if (packed < 0 || size < 0 || start + packed > file.Length || (method == 0 && packed != size)) throw Damaged(path);
        return new ZipEntry(text, method == 0, start, packed, size);
    }

    private static void Widen(ref long value, ref ReadOnlySpan<byte> wide)
    {
        if (value != uint.MaxValue) return;
        value = (long)U64(wide);
        wide = wide[8..];
    }

    private static void ReadAt(Stream file, long position, Span<byte> into)
    {
        file.Position = position;
        file.ReadExactly(into);
    }

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static ulong U64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    private static SecateurException Damaged(string path) => new($"{path}: is damaged or truncated; copy it again or write it again with numpy.savez");
}
