using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Secateur.Sparse;

/// <summary>The bytes of a mostly zero weight, which do not depend on a vector's width: what a file holds of it. All is little-endian.</summary>
/// <remarks>
/// <c>SPWT</c>; the version; CRC-32C of all that follows; 1 where the tensor's first axis is that of the columns, else 0; rows; columns; entries, in 8 bytes; what is
/// not told a width has 4. Then of each row the entries before it, and of all; the values, 4 bytes each; the steps, a byte each.
/// Version 1 holds floats. Version 2 holds bytes: the head ends with their type; before the values, of a byte each, stand the rows' zero points, and a value is an element less that, modulo 256.
/// This file is compiled into Secateur.Onnx too, which writes what the provider reads.
/// </remarks>
internal static class SparseWeightBytes
{
    /// <summary>Of the operators that make the elements: one input, these bytes.</summary>
    public const string Domain = "com.secateur";

    public const int Float = 1, Byte = 2, SignedByte = 3; // ONNX's numbers of the elements' types

    public const int MostColumns = 1 << 24; // places of columns in the packed forms are of 32 bits, times a vector
    public const int Farthest = byte.MaxValue;

    private const int LeastHead = 32;
    private const int Checked = 12; // from here on
    private const uint Magic = 0x54575053;

    /// <summary>One for each type: ONNX Runtime tells what an operator makes by what it takes.</summary>
    public static string Operator(int type) => type switch
    {
        Float => "SparseWeight",
        Byte => "SparseWeightUint8",
        SignedByte => "SparseWeightInt8",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "It is no type of packed weights."),
    };

    /// <param name="tensor">[rows, columns], or where it is turned [columns, rows]. Negative zeros are values too.</param>
    /// <param name="columns">1 to <see cref="MostColumns"/>; of it all else are rows, one at least.</param>
    /// <param name="isTurned">Told to who reads it.</param>
    /// <exception cref="OverflowException">It takes over 2 GB.</exception>
    public static byte[] Write(ReadOnlySpan<float> tensor, int columns, bool isTurned) => Write(MemoryMarshal.Cast<float, uint>(tensor), Float, [], columns, isTurned);

    /// <summary>The same of bytes.</summary>
    /// <param name="tensor">As above.</param>
    /// <param name="type"><see cref="Byte"/> or <see cref="SignedByte"/>.</param>
    /// <param name="zeros">[rows]: the zero point of each.</param>
    /// <param name="columns">As above.</param>
    /// <param name="isTurned">As above.</param>
    public static byte[] Write(ReadOnlySpan<byte> tensor, int type, ReadOnlySpan<byte> zeros, int columns, bool isTurned)
    {
        var less = tensor.ToArray();
        Move(less, zeros, columns, isTurned, -1);
        return Write<byte>(less, type, zeros, columns, isTurned);
    }

    /// <summary>What the head tells, held against the length; the rest is not looked at.</summary>
    /// <exception cref="InvalidDataException">It is none, or of a later version.</exception>
    public static Head Look(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LeastHead || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic) throw new InvalidDataException("holds no packed weight");
        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (version is not (1 or 2)) throw new InvalidDataException($"is packed in version {version}, and this Secateur reads 1 and 2");
        var (turned, rows, columns) = (BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]));
        var entries = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        var type = version == 1 ? Float : bytes.Length < LeastHead + sizeof(int) ? 0 : BinaryPrimitives.ReadInt32LittleEndian(bytes[LeastHead..]);
        if (turned is not (0 or 1) || rows < 1 || columns is < 1 or > MostColumns || entries is < 0 or > int.MaxValue || (version == 2 && type is not (Byte or SignedByte))) throw Damaged();
        var head = new Head(rows, columns, (int)entries, turned == 1, type);
        return head.Length == bytes.Length ? head : throw Damaged();
    }

    /// <summary>All of it: every byte is looked at before any is used.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static Parts Read(ReadOnlySpan<byte> bytes)
    {
        var head = Look(bytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) != Sum(bytes[Checked..])) throw Damaged();
        var starts = MemoryMarshal.Cast<byte, int>(bytes[(int)head.StartsAt..(int)head.ZerosAt]);
        var steps = bytes[^head.Entries..];
        if (starts[0] != 0 || starts[^1] != head.Entries || steps.Contains((byte)0)) throw Damaged();
        for (var row = 0; row < head.Rows; row++)
        {
            if (starts[row + 1] < starts[row] || starts[row + 1] > head.Entries) throw Damaged();
            var columns = 0L;
            foreach (var step in steps[starts[row]..starts[row + 1]]) columns += step;
            if (columns > head.Columns) throw Damaged();
        }
        return new() { Head = head, Starts = starts, Zeros = Zeros(bytes, head), Values = bytes[(int)head.ValuesAt..(int)head.StepsAt], Steps = steps };
    }

    /// <summary>[rows] of bytes, the zero points; none of floats.</summary>
    public static ReadOnlySpan<byte> Zeros(ReadOnlySpan<byte> bytes, Head head) => bytes[(int)head.ZerosAt..(int)head.ValuesAt];

    /// <param name="elements">Bits of floats, or bytes less their zero points.</param>
    /// <param name="type">Of those.</param>
    /// <param name="zeros">As told.</param>
    /// <param name="columns">As told.</param>
    /// <param name="isTurned">As told.</param>
    private static byte[] Write<T>(ReadOnlySpan<T> elements, int type, ReadOnlySpan<byte> zeros, int columns, bool isTurned) where T : unmanaged, IEquatable<T>
    {
        var starts = new int[(elements.Length / columns) + 1];
        Walk(elements, columns, isTurned, starts.AsSpan(1), [], []);
        for (var row = 1; row < starts.Length; row++) starts[row] = checked(starts[row] + starts[row - 1]);
        var head = new Head(starts.Length - 1, columns, starts[^1], isTurned, type);
        var bytes = new byte[checked((int)head.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), type == Float ? 1 : 2);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), isTurned ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), head.Rows);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), columns);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), head.Entries);
        if (type != Float) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(LeastHead), type);
        MemoryMarshal.AsBytes(starts.AsSpan()).CopyTo(bytes.AsSpan((int)head.StartsAt));
        zeros.CopyTo(bytes.AsSpan((int)head.ZerosAt));
        Walk(elements, columns, isTurned, starts.AsSpan(..^1), MemoryMarshal.Cast<byte, T>(bytes.AsSpan((int)head.ValuesAt..(int)head.StepsAt)), bytes.AsSpan((int)head.StepsAt));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Sum(bytes.AsSpan(Checked)));
        return bytes;
    }

    /// <summary>Goes through what is not zero as it lies in memory.</summary>
    /// <param name="elements">As told.</param>
    /// <param name="columns">As told.</param>
    /// <param name="isTurned">As told.</param>
    /// <param name="next">[rows]: grows by the entries of each row; where they are written, from where they begin.</param>
    /// <param name="values">Zero at first; empty where entries are only counted, as <paramref name="steps"/> then is.</param>
    /// <param name="steps">As many.</param>
    private static void Walk<T>(ReadOnlySpan<T> elements, int columns, bool isTurned, Span<int> next, Span<T> values, Span<byte> steps) where T : unmanaged, IEquatable<T>
    {
        var before = new int[next.Length];
        Array.Fill(before, -1);
        var line = isTurned ? next.Length : columns;
        for (var first = 0; first < elements.Length; first += line)
        {
            var some = elements.Slice(first, line);
            for (int at = -1, farther; (farther = some[(at + 1)..].IndexOfAnyExcept(default(T))) >= 0;)
            {
                at += farther + 1;
                var (row, column) = isTurned ? (at, first / line) : (first / line, at);
                var step = column - before[row];
                before[row] = column;
                for (; step > Farthest; step -= Farthest, next[row]++)
                    if (!steps.IsEmpty) steps[next[row]] = Farthest; // and a value of zero
                if (!steps.IsEmpty) (steps[next[row]], values[next[row]]) = ((byte)step, some[at]);
                next[row]++;
            }
        }
    }

    /// <summary>Adds to each element its row's zero point, or takes it away.</summary>
    private static void Move(Span<byte> elements, ReadOnlySpan<byte> zeros, int columns, bool isTurned, int sign)
    {
        var line = isTurned ? zeros.Length : columns;
        for (var first = 0; first < elements.Length; first += line)
        {
            var some = elements.Slice(first, line);
            for (var i = 0; i < line; i++) some[i] += (byte)(sign * zeros[isTurned ? i : first / line]);
        }
    }

    /// <summary>CRC-32C; its own instruction where the processor has one.</summary>
    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(bytes)) sum = BitOperations.Crc32C(sum, eight);
        foreach (var one in bytes[(bytes.Length & ~7)..]) sum = BitOperations.Crc32C(sum, one);
        return ~sum;
    }

    private static InvalidDataException Damaged() => new("is damaged");

    /// <param name="Rows">Outputs.</param>
    /// <param name="Columns">All other axes.</param>
    /// <param name="Entries">Values, and zeros between those that are far apart.</param>
    /// <param name="IsTurned">Whether the tensor lies [columns, rows].</param>
    /// <param name="Type">Of its elements.</param>
    public readonly record struct Head(int Rows, int Columns, int Entries, bool IsTurned, int Type = Float)
    {
        /// <summary>Bytes of an element.</summary>
        public int Width => Type == Float ? sizeof(float) : 1;

        public long StartsAt => Type == Float ? LeastHead : LeastHead + sizeof(int);
        public long ZerosAt => StartsAt + (Rows + 1L) * sizeof(int);
        public long ValuesAt => ZerosAt + (Type == Float ? 0 : Rows);
        public long StepsAt => ValuesAt + (long)Entries * Width;
        public long Length => StepsAt + Entries;

        /// <summary>Whether a tensor's shape has as many elements.</summary>
        public bool Holds(ReadOnlySpan<long> shape) => shape.Length >= 2 && Multiply(shape, (long)Rows * Columns);

        /// <summary>Whether it has as many rows and columns.</summary>
        public bool Fits(ReadOnlySpan<long> shape) => shape.Length >= 2 && shape.IndexOf(0) < 0 && (IsTurned
            ? shape.Length == 2 && (shape[0], shape[1]) == (Columns, Rows)
            : shape[0] == Rows && Multiply(shape[1..], Columns));

        private static bool Multiply(ReadOnlySpan<long> shape, long product)
        {
            foreach (var extent in shape)
            {
                if (extent < 1 || product % extent != 0) return false;
                product /= extent;
            }
            return product == 1;
        }
    }

    /// <summary>The entries, as they lie in the bytes.</summary>
    public readonly ref struct Parts
    {
        public required Head Head { get; init; }

        /// <summary>[rows + 1]: entries before each row's, and of all.</summary>
        public required ReadOnlySpan<int> Starts { get; init; }

        /// <summary>[rows] of bytes; none of floats.</summary>
        public required ReadOnlySpan<byte> Zeros { get; init; }

        /// <summary>As many bytes as the type has of each.</summary>
        public required ReadOnlySpan<byte> Values { get; init; }

        /// <summary>1 to 255 from one entry to the next; from before the first column to a row's first one.</summary>
        public required ReadOnlySpan<byte> Steps { get; init; }

        /// <param name="tensor">Floats, or bytes where it is of these; all zero. Gets all elements, negative zeros too.</param>
        public void CopyTo<T>(Span<T> tensor) where T : unmanaged
        {
            var values = MemoryMarshal.Cast<byte, T>(Values);
            var (rowStride, columnStride) = Head.IsTurned ? (1, Head.Rows) : (Head.Columns, 1);
            for (var row = 0; row < Head.Rows; row++)
            {
                var place = (row * rowStride) - columnStride;
                for (var at = Starts[row]; at < Starts[row + 1]; at++)
                {
                    place += Steps[at] * columnStride;
                    tensor[place] = values[at];
                }
            }
            if (Zeros.ContainsAnyExcept((byte)0)) Move(MemoryMarshal.AsBytes(tensor), Zeros, Head.Columns, Head.IsTurned, 1);
        }
    }
}
