using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Secateur.Sparse.Kernels;

/// <summary>Between integers, as quantized networks have them, and the floats that kernels multiply: floats hold whole numbers up to 2²⁴ exactly, and so do sums that stay under it.</summary>
internal static unsafe class Integers
{
    /// <summary>Sums of whole numbers that are no larger than this one are exact, in any order.</summary>
    public const long MostExact = 1 << 24;

    /// <summary>to[i] = from[i] − zero</summary>
    /// <param name="from">Bytes.</param>
    /// <param name="signed">Whether they are from −128 to 127.</param>
    /// <param name="zero">One of them.</param>
    /// <param name="to">Floats.</param>
    /// <param name="count">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    public static void Widen(byte* from, bool signed, int zero, float* to, long count)
    {
        var flip = signed ? 0x80 : 0; // a signed byte is an unsigned one less 128 with its sign turned
        var (flips, zeros) = (Vector128.Create((byte)flip), Vector256.Create((float)(zero + flip)));
        var i = 0L;
        if (Avx512F.IsSupported)
            for (; i + 16 <= count; i += 16)
                (Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load(from + i) ^ flips)) - Vector512.Create((float)(zero + flip))).Store(to + i);
        for (; i + 16 <= count; i += 16)
        {
            var (low, high) = Vector128.Widen(Vector128.Load(from + i) ^ flips);
            Floats(low, zeros).Store(to + i);
            Floats(high, zeros).Store(to + i + 8);
        }
        for (; i < count; i++) to[i] = (from[i] ^ flip) - flip - zero;
    }

    /// <summary>Whole numbers in floats to integers, in their place.</summary>
    public static void ToIntegers(float* values, long count)
    {
        var i = 0L;
        for (; i + 8 <= count; i += 8) Vector256.ConvertToInt32Native(Vector256.Load(values + i)).Store((int*)values + i);
        for (; i < count; i++) ((int*)values)[i] = (int)values[i];
    }

    /// <summary>values[i] = values[i] · scales[i] + added[i]</summary>
    /// <param name="scales">One for each, or one for all.</param>
    /// <param name="each">Which of the two.</param>
    /// <param name="added">One for each; null where nothing is.</param>
    public static void Scale(float* values, float* scales, bool each, float* added, long count)
    {
        var i = 0L;
        for (; i + 8 <= count; i += 8)
        {
            var scaled = Vector256.Load(values + i) * (each ? Vector256.Load(scales + i) : Vector256.Create(*scales));
            (added is null ? scaled : scaled + Vector256.Load(added + i)).Store(values + i);
        }
        for (; i < count; i++) values[i] = values[i] * scales[each ? i : 0] + (added is null ? 0 : added[i]);
    }

    /// <summary>values[i] = (values[i] − zeros[i]) · scales[i]</summary>
    /// <param name="zeros">One for each, or one for all.</param>
    /// <param name="scales">Likewise.</param>
    /// <param name="each">Which of the two.</param>
    public static void Dequantize(float* values, float* zeros, float* scales, bool each, long count)
    {
        var i = 0L;
        for (; i + 8 <= count; i += 8)
            ((Vector256.Load(values + i) - (each ? Vector256.Load(zeros + i) : Vector256.Create(*zeros))) * (each ? Vector256.Load(scales + i) : Vector256.Create(*scales))).Store(values + i);
        for (; i < count; i++) values[i] = (values[i] - zeros[each ? i : 0]) * scales[each ? i : 0];
    }

    /// <summary>to[i] = values[i] + added[i], times factors[i], rounded to the nearest, of two as near the even one, and moved by the zero point; what is beyond a byte is its end.</summary>
    /// <remarks>As ONNX Runtime does it: the sum is an integer of 32 bits, and is rounded to a float before it is multiplied.</remarks>
    /// <param name="values">Whole numbers.</param>
    /// <param name="added">One for each, or one for all; null where nothing is.</param>
    /// <param name="factors">Likewise.</param>
    /// <param name="each">Which of the two.</param>
    /// <param name="zero">A byte of the kind that is made.</param>
    /// <param name="signed">Whether that is from −128 to 127.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled at its best at once where it is compiled as it runs
    public static void Narrow(float* values, int* added, float* factors, bool each, int zero, bool signed, byte* to, long count)
    {
        var (least, most) = ((signed ? sbyte.MinValue : 0) - zero, (signed ? sbyte.MaxValue : byte.MaxValue) - zero);
        var (leasts, mosts, zeros) = (Vector256.Create((float)least), Vector256.Create((float)most), Vector256.Create(zero));
        var bytes = Vector256.Create(0xFF);
        var i = 0L;
        if (Avx512F.IsSupported)
            for (; i + 16 <= count; i += 16)
            {
                var sum = Avx512F.ConvertToVector512Int32WithTruncation(Vector512.Load(values + i));
                if (added is not null) sum += each ? Vector512.Load(added + i) : Vector512.Create(*added);
                var scaled = Avx512F.ConvertToVector512Single(sum) * (each ? Vector512.Load(factors + i) : Vector512.Create(*factors));
                var rounded = Avx512F.ConvertToVector512Int32(Vector512.MinNative(Vector512.MaxNative(scaled, Vector512.Create((float)least)), Vector512.Create((float)most))); // to the nearest even one
                Avx512F.ConvertToVector128Byte(rounded + Vector512.Create(zero)).Store(to + i);
            }
        for (; i + 8 <= count; i += 8)
        {
            var sum = Vector256.ConvertToInt32Native(Vector256.Load(values + i));
            if (added is not null) sum += each ? Vector256.Load(added + i) : Vector256.Create(*added);
            var scaled = Vector256.ConvertToSingle(sum) * (each ? Vector256.Load(factors + i) : Vector256.Create(*factors));
            var rounded = Vector256.ConvertToInt32Native(Vector256.Round(Vector256.MinNative(Vector256.MaxNative(scaled, leasts), mosts))) + zeros & bytes;
            var words = Vector128.Narrow(rounded.GetLower(), rounded.GetUpper());
            Vector128.Narrow(words.AsUInt16(), words.AsUInt16()).GetLower().Store(to + i);
        }
        for (; i < count; i++)
        {
            var sum = unchecked((int)values[i] + (added is null ? 0 : added[each ? i : 0]));
            to[i] = (byte)((int)MathF.Round(Math.Clamp(sum * factors[each ? i : 0], least, most)) + zero);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Floats(Vector128<ushort> words, Vector256<float> zeros)
    {
        var (low, high) = Vector128.Widen(words);
        return Vector256.ConvertToSingle(Vector256.Create(low, high).AsInt32()) - zeros;
    }
}
