using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Secateur.Onnx.Packing;

/// <summary>A few megabytes of a file, packed by what they are. Blocks know nothing of each other.</summary>
/// <remarks>Zeros are left out where they are many; negative zeros among them are told apart by a bit each.</remarks>
internal static class Block
{
    /// <summary>Of a file, in a block, at most.</summary>
    public const int MostBytes = 4 << 20;

    private const int ManyZeros = 16; // one in so many

    private enum Form : byte { All, Nonzero, NonzeroAndSigns }

    public static byte[] Pack(ReadOnlySpan<byte> bytes, Elements elements)
    {
        using var target = new MemoryStream();
        target.WriteByte((byte)elements);
        Write(target, bytes.Length);
        switch (elements)
        {
            case Elements.Bytes: Entropy.Write(target, bytes, Entropy.Careful); break;
            case Elements.Int8: Pack<byte>(target, bytes, isFloat: false); break;
            case Elements.Int16: Pack<ushort>(target, bytes, isFloat: false); break;
            case Elements.Int32: Pack<uint>(target, bytes, isFloat: false); break;
            case Elements.Int64: Values.Write<ulong>(target, Differences(MemoryMarshal.Cast<byte, ulong>(bytes))); break;
            case Elements.Float16: Pack<ushort>(target, bytes, isFloat: true); break;
            case Elements.Float32: Pack<uint>(target, bytes, isFloat: true); break;
            case Elements.Float64: Pack<ulong>(target, bytes, isFloat: true); break;
            default: throw new ArgumentOutOfRangeException(nameof(elements), elements, null);
        }
        return target.ToArray();
    }

    /// <summary>Bytes that a block says it has unpacked.</summary>
    /// <exception cref="InvalidDataException">It cannot have so many.</exception>
    public static int Length(ReadOnlySpan<byte> block)
    {
        var source = new BlockReader(block);
        source.Byte();
        return source.Int(MostBytes);
    }

    /// <exception cref="InvalidDataException">The block is damaged.</exception>
    public static byte[] Unpack(ReadOnlySpan<byte> block)
    {
        var source = new BlockReader(block);
        var elements = (Elements)source.Byte();
        var length = source.Int(MostBytes);
        if (!Enum.IsDefined(elements) || length % Piece.Width(elements) != 0) throw BlockReader.Damaged();
        var bytes = elements switch
        {
            Elements.Bytes => Entropy.Read(ref source, length),
            Elements.Int8 => Unpack<byte>(ref source, length, isFloat: false),
            Elements.Int16 => Unpack<ushort>(ref source, length, isFloat: false),
            Elements.Int32 => Unpack<uint>(ref source, length, isFloat: false),
            Elements.Int64 => Sums(Values.Read<ulong>(ref source, length / 8)),
            Elements.Float16 => Unpack<ushort>(ref source, length, isFloat: true),
            Elements.Float32 => Unpack<uint>(ref source, length, isFloat: true),
            Elements.Float64 => Unpack<ulong>(ref source, length, isFloat: true),
            _ => throw BlockReader.Damaged(),
        };
        return source.IsAtEnd ? bytes : throw BlockReader.Damaged();
    }

    private static void Pack<T>(MemoryStream target, ReadOnlySpan<byte> bytes, bool isFloat) where T : unmanaged, IBinaryInteger<T>
    {
        var values = MemoryMarshal.Cast<byte, T>(bytes);
        var turned = new T[values.Length];
        for (var i = 0; i < turned.Length; i++) turned[i] = isFloat ? Values.Turned(values[i]) : values[i];
        var negative = T.One; // a turned -0
        var (zeros, negatives) = (0, 0);
        foreach (var value in turned)
        {
            if (T.IsZero(value)) zeros++;
            else if (isFloat && value == negative) negatives++;
        }
        if (zeros + negatives < turned.Length / ManyZeros || zeros + negatives == 0)
        {
            target.WriteByte((byte)Form.All);
            Values.Write<T>(target, turned);
            return;
        }
        var (mask, signs, kept) = (new byte[(turned.Length + 7) / 8], new byte[(zeros + negatives + 7) / 8], new T[turned.Length - zeros - negatives]);
        var (there, left) = (0, 0);
        for (var i = 0; i < turned.Length; i++)
        {
            if (!T.IsZero(turned[i]) && !(isFloat && turned[i] == negative))
            {
                Positions.Set(mask, i);
                kept[there++] = turned[i];
            }
            else
            {
                if (!T.IsZero(turned[i])) Positions.Set(signs, left);
                left++;
            }
        }
        target.WriteByte((byte)(negatives > 0 ? Form.NonzeroAndSigns : Form.Nonzero));
        Write(target, kept.Length);
        Positions.Write(target, mask, turned.Length);
        if (negatives > 0) Entropy.Write(target, signs);
        Values.Write<T>(target, kept);
    }

    private static byte[] Unpack<T>(ref BlockReader source, int length, bool isFloat) where T : unmanaged, IBinaryInteger<T>
    {
        var values = new T[length / Marshal.SizeOf<T>()];
        var form = (Form)source.Byte();
        if (form == Form.All) values = Values.Read<T>(ref source, values.Length);
        else
        {
            if (form > (isFloat ? Form.NonzeroAndSigns : Form.Nonzero)) throw BlockReader.Damaged();
            var there = source.Int(values.Length);
            var mask = Positions.Read(ref source, values.Length, there);
            var signs = form == Form.NonzeroAndSigns ? Entropy.Read(ref source, (values.Length - there + 7) / 8) : null;
            var kept = Values.Read<T>(ref source, there);
            var (next, left) = (0, 0);
            for (var i = 0; i < values.Length; i++)
            {
                if (Positions.Has(mask, i)) values[i] = kept[next++];
                else if (signs is not null && Positions.Has(signs, left++)) values[i] = T.One;
            }
        }
        if (isFloat)
            for (var i = 0; i < values.Length; i++) values[i] = Values.Back(values[i]);
        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    private static ulong[] Differences(ReadOnlySpan<ulong> values)
    {
        var (differences, last) = (new ulong[values.Length], 0UL);
        for (var i = 0; i < values.Length; i++) (differences[i], last) = (unchecked(values[i] - last), values[i]);
        return differences;
    }

    private static byte[] Sums(ulong[] differences)
    {
        for (var i = 1; i < differences.Length; i++) differences[i] = unchecked(differences[i] + differences[i - 1]);
        return MemoryMarshal.AsBytes(differences.AsSpan()).ToArray();
    }

    private static void Write(MemoryStream target, int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        target.Write(bytes);
    }
}
