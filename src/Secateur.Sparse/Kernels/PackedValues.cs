using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Kernels;

/// <summary>Values of weights, in as few bytes as hold each of them exactly.</summary>
internal sealed unsafe class PackedValues : IDisposable
{
    /// <summary>Values that four bits tell apart, 0 among them.</summary>
    public const int Codes = 16;

    private const float LeastHalf = 6.1035156e-5f, MostHalf = 65504; // of those that are held to 11 bits
    private readonly Native<byte> _bytes;
    private readonly Native<float> _table; // of codes; 0 comes first
    private readonly int _lanes;
    private int _known = 1;                // values in the table

    /// <param name="kind">As told by <see cref="KindOf"/>.</param>
    /// <param name="count">Values; of codes whole pairs of vectors. All are 0 at first.</param>
    /// <param name="lanes">Floats of a vector: the codes of one vector lie in the lower halves of bytes, those of the next in the upper halves.</param>
    public PackedValues(ValueKind kind, long count, int lanes)
    {
        (Kind, _lanes) = (kind, lanes);
        _bytes = new(Math.Max(1, (long)(count * BytesOf(kind))));
        _table = new(Codes);
    }

    public ValueKind Kind { get; }
    public void* Pointer => _bytes.Pointer;
    public float* Table => _table.Pointer;
    public long Bytes => _bytes.Bytes + _table.Bytes;

    /// <summary>Bytes of a value.</summary>
    public static double BytesOf(ValueKind kind) => kind switch { ValueKind.Float32 => 4, ValueKind.BFloat16 or ValueKind.Float16 => 2, ValueKind.Int8 => 1, _ => 0.5 };

    /// <summary>The largest number of a kind of floats.</summary>
    public static float Most(ValueKind kind) => kind switch { ValueKind.BFloat16 => BitConverter.UInt32BitsToSingle(0x7F7F0000), ValueKind.Float16 => MostHalf, _ => float.MaxValue };

    /// <summary>The shortest that loses nothing.</summary>
    /// <param name="csr">Values.</param>
    /// <param name="codes">Whether codes may be.</param>
    public static ValueKind KindOf(Csr csr, bool codes) =>
        codes && AreCodes(csr.Values) ? ValueKind.Code4 : Are(ValueKind.Int8, csr.Values) ? ValueKind.Int8 : Are(ValueKind.BFloat16, csr.Values) ? ValueKind.BFloat16 : Are(ValueKind.Float16, csr.Values) ? ValueKind.Float16 : ValueKind.Float32;

    private static bool AreCodes(ReadOnlySpan<float> values)
    {
        var (table, known) = (new float[Codes], 1);
        foreach (var value in values)
        {
            if (table.AsSpan(0, known).Contains(value)) continue;
            if (known == Codes || !float.IsFinite(value)) return false;
            table[known++] = value;
        }
        return true;
    }

    /// <summary>Whether a kind holds all of them.</summary>
    private static bool Are(ValueKind kind, ReadOnlySpan<float> values)
    {
        var i = 0;
        for (; i + Vector512<float>.Count <= values.Length && AreSurely(kind, Vector512.LoadUnsafe(in values[i])); i += Vector512<float>.Count) { }
        for (; i < values.Length; i++)
            if (!Is(kind, values[i])) return false;
        return true;
    }

    /// <summary>Whether a kind holds some; false too of numbers of float16 that are nearly zero.</summary>
    private static bool AreSurely(ValueKind kind, Vector512<float> values)
    {
        var bits = values.AsUInt32();
        var size = bits & Vector512.Create(0x7FFFFFFFu);
        return kind switch
        {
            ValueKind.Int8 => Vector512.EqualsAll(Vector512.Truncate(values), values) && Vector512.GreaterThanOrEqualAll(values, Vector512.Create((float)sbyte.MinValue)) && Vector512.LessThanOrEqualAll(values, Vector512.Create((float)sbyte.MaxValue)),
            ValueKind.BFloat16 => (bits & Vector512.Create(0xFFFFu)) == Vector512<uint>.Zero,
            ValueKind.Float16 => (bits & Vector512.Create(0x1FFFu)) == Vector512<uint>.Zero
                && (Vector512.Equals(size, Vector512<uint>.Zero) | (Vector512.GreaterThanOrEqual(size, Vector512.Create(BitConverter.SingleToUInt32Bits(LeastHalf))) & Vector512.LessThanOrEqual(size, Vector512.Create(BitConverter.SingleToUInt32Bits(MostHalf))))) == Vector512<uint>.AllBitsSet,
            _ => false,
        };
    }

    private static bool Is(ValueKind kind, float value) => kind switch
    {
        ValueKind.BFloat16 => (BitConverter.SingleToUInt32Bits(value) & 0xFFFF) == 0,
        ValueKind.Float16 => float.IsFinite(value) && (float)(Half)value == value,
        ValueKind.Int8 => value is >= sbyte.MinValue and <= sbyte.MaxValue && value == MathF.Truncate(value),
        _ => true,
    };

    /// <summary>The nearest number of a kind, of two as near the even one; what is beyond its range, and what is no number, stays as it is.</summary>
    /// <param name="value">Any.</param>
    /// <param name="kind">Of floats.</param>
    public static float Rounded(float value, ValueKind kind)
    {
        if (!float.IsFinite(value) || Math.Abs(value) > Most(kind)) return value;
        switch (kind)
        {
            case ValueKind.BFloat16:
                var bits = BitConverter.SingleToUInt32Bits(value);
                return BitConverter.UInt32BitsToSingle(bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000);
            case ValueKind.Float16: return (float)(Half)value;
            default: return value;
        }
    }

    /// <summary>Writes a value.</summary>
    /// <exception cref="ArgumentException">The kind cannot hold it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(long at, float value)
    {
        if (Kind == ValueKind.Float32) ((float*)_bytes.Pointer)[at] = value;
        else if (Kind == ValueKind.Int8 && float.ConvertToIntegerNative<int>(value) is var whole && whole == value && whole == (sbyte)whole) _bytes.Pointer[at] = (byte)whole;
        else PutOther(at, value);
    }

    private void PutOther(long at, float value)
    {
        if (!Is(Kind, value)) throw new ArgumentException($"{value:R} cannot be held as {Kind}.");
        switch (Kind)
        {
            case ValueKind.BFloat16: MemoryMarshal.Cast<byte, ushort>(Place(at * sizeof(ushort), sizeof(ushort)))[0] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16); break;
            case ValueKind.Float16: MemoryMarshal.Cast<byte, Half>(Place(at * sizeof(ushort), sizeof(ushort)))[0] = (Half)value; break;
            default:
                var (pair, place) = Math.DivRem(at, 2L * _lanes);
                _bytes[pair * _lanes + place % _lanes] |= (byte)(Code(value) << (place < _lanes ? 0 : 4));
                break;
        }
    }

    /// <summary>What <see cref="Put"/> wrote, or 0.</summary>
    public float Get(long at)
    {
        switch (Kind)
        {
            case ValueKind.Float32: return MemoryMarshal.Cast<byte, float>(Place(at * sizeof(float), sizeof(float)))[0];
            case ValueKind.BFloat16: return BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Cast<byte, ushort>(Place(at * sizeof(ushort), sizeof(ushort)))[0] << 16);
            case ValueKind.Float16: return (float)MemoryMarshal.Cast<byte, Half>(Place(at * sizeof(ushort), sizeof(ushort)))[0];
            case ValueKind.Int8: return (sbyte)_bytes[at];
            default:
                var (pair, place) = Math.DivRem(at, 2L * _lanes);
                return _table[_bytes[pair * _lanes + place % _lanes] >> (place < _lanes ? 0 : 4) & Codes - 1];
        }
    }

    public void Dispose()
    {
        _bytes.Dispose();
        _table.Dispose();
    }

    private Span<byte> Place(long at, int length) => new(_bytes.Pointer + at, length);

    private int Code(float value)
    {
        for (var code = 0; code < _known; code++) if (_table[code] == value) return code;
        if (_known == Codes) throw new ArgumentException($"{value:R} is one value more than {Codes}.");
        _table[_known] = value;
        return _known++;
    }
}
