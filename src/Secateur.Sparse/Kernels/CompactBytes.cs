using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Secateur.Sparse.Kernels;

/// <summary>A <see cref="Compact"/> matrix as bytes, which do not depend on a vector's width: what a file holds of a weight. All is little-endian.</summary>
/// <remarks>
/// <c>SPWT</c>; the version; CRC-32C of all that follows; 1 where the tensor's first axis is that of the columns, else 0; rows; columns; entries, in 8 bytes; what is
/// not told a width has 4. Then of each row the entries before it, and of all; the values, 4 bytes each; the steps, a byte each.
/// </remarks>
internal static class CompactBytes
{
    public const int MostColumns = 1 << 24; // places of columns in the packed forms are of 32 bits, times a vector

    private const int HeadBytes = 32;
    private const int Checked = 12; // from here on
    private const uint Magic = 0x54575053, Version = 1;

    /// <param name="IsTurned">Whether the tensor lies [columns, rows].</param>
    public readonly record struct Head(int Rows, int Columns, int Entries, bool IsTurned);

    /// <param name="matrix">At most <see cref="MostColumns"/> columns.</param>
    /// <param name="isTurned">Told to who reads it.</param>
    /// <exception cref="OverflowException">It takes over 2 GB.</exception>
    public static byte[] Write(Compact matrix, bool isTurned)
    {
        var bytes = new byte[checked((int)Length(matrix.Rows, matrix.Entries))];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), isTurned ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), matrix.Rows);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), matrix.Columns);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), matrix.Entries);
        var rest = bytes.AsSpan(HeadBytes);
        MemoryMarshal.AsBytes(matrix.Starts.AsSpan()).CopyTo(rest);
        MemoryMarshal.AsBytes(matrix.Values).CopyTo(rest[(matrix.Starts.Length * sizeof(int))..]);
        matrix.Steps.CopyTo(rest[^matrix.Entries..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Sum(bytes.AsSpan(Checked)));
        return bytes;
    }

    /// <summary>What the head tells, held against the length; the rest is not looked at.</summary>
    /// <exception cref="InvalidDataException">It is none, or of a later version.</exception>
    public static Head Look(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic) throw new InvalidDataException("holds no packed weight");
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) is not Version and var version) throw new InvalidDataException($"is packed in version {version}, and this Secateur reads {Version}");
        var (turned, rows, columns) = (BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]));
        var entries = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        if (turned is not (0 or 1) || rows < 1 || columns is < 1 or > MostColumns || entries is < 0 or > int.MaxValue || Length(rows, entries) != bytes.Length) throw Damaged();
        return new(rows, columns, (int)entries, turned == 1);
    }

    /// <summary>The matrix: every byte is looked at before any is used.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static Compact Read(ReadOnlySpan<byte> bytes)
    {
        var head = Look(bytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Sum(bytes[Checked..])) throw Damaged();
        var starts = MemoryMarshal.Cast<byte, int>(bytes.Slice(HeadBytes, (head.Rows + 1) * sizeof(int))).ToArray();
        var steps = bytes[^head.Entries..];
        if (starts[0] != 0 || starts[^1] != head.Entries || steps.Contains((byte)0)) throw Damaged();
        for (var row = 0; row < head.Rows; row++)
        {
            if (starts[row + 1] < starts[row] || starts[row + 1] > head.Entries) throw Damaged();
            var columns = 0L;
            foreach (var step in steps[starts[row]..starts[row + 1]]) columns += step;
            if (columns > head.Columns) throw Damaged();
        }
        var matrix = new Compact(starts, head.Columns);
        MemoryMarshal.Cast<byte, float>(bytes.Slice(HeadBytes + starts.Length * sizeof(int), head.Entries * sizeof(float))).CopyTo(matrix.Values);
        steps.CopyTo(matrix.Steps);
        return matrix;
    }

    private static long Length(long rows, long entries) => HeadBytes + (rows + 1) * sizeof(int) + entries * (sizeof(float) + 1);

    /// <summary>CRC-32C; its own instruction where the processor has one.</summary>
    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(bytes)) sum = BitOperations.Crc32C(sum, eight);
        foreach (var one in bytes[(bytes.Length & ~7)..]) sum = BitOperations.Crc32C(sum, one);
        return ~sum;
    }

    private static InvalidDataException Damaged() => new("is damaged");
}
