using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Secateur.Sparse.Kernels;

/// <summary>AVX-512 (F, and what else x86-64-v4 has).</summary>
internal readonly unsafe struct Simd512 : ISimd<Vector512<float>>
{
    private const float HalfExponent = 5192296858534827628530496329220096f; // 2^112

    public static bool IsSupported => Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported;
    public static string Name => "avx512";
    public static int FewTokens => 8;
    public static int Lanes => 16;
    public static int MostVectors => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> All(float value) => Vector512.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Load(float* from) => *(Vector512<float>*)from;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Four(float* from, out Vector512<float> first, out Vector512<float> second, out Vector512<float> third, out Vector512<float> fourth)
    {
        var all = Avx512F.BroadcastVector128ToVector512(from);
        (first, second, third, fourth) = (Avx512F.Permute4x32(all, 0x00), Avx512F.Permute4x32(all, 0x55), Avx512F.Permute4x32(all, 0xAA), Avx512F.Permute4x32(all, 0xFF));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Load(sbyte* from) => Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load(from)));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> LoadBrain(ushort* from) => Vector512.ShiftLeft(Avx512F.ConvertToVector512Int32(Vector256.Load(from)), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadHalf(ushort* from)
    {
        // the sign stays above, exponent and fraction move to theirs, and a power of two mends the exponent: right for what is denormal too
        var moved = Vector512.ShiftLeft(Avx512F.ConvertToVector512Int32(Vector256.Load((short*)from)), 13) & Vector512.Create(unchecked((int)0x8FFFE000));
        return moved.AsSingle() * Vector512.Create(HalfExponent);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Codes(byte* from, float* table, out Vector512<float> lower, out Vector512<float> upper)
    {
        var (codes, values) = (Avx512F.ConvertToVector512Int32(Vector128.Load(from)), Vector512.Load(table)); // the permutation looks at four bits alone
        lower = Avx512F.PermuteVar16x32(values, codes);
        upper = Avx512F.PermuteVar16x32(values, Vector512.ShiftRightLogical(codes, 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Prefetch(void* at) => Sse.Prefetch0(at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void PrefetchFar(void* at) => Sse.Prefetch1(at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Vector512<float> vector, float* to) => *(Vector512<float>*)to = vector;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> Max(Vector512<float> left, Vector512<float> right) => Vector512.MaxNative(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> sum) => Avx512F.FusedMultiplyAdd(left, right, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Indices(byte* from) => Avx512F.ConvertToVector512Int32(Vector128.Load(from)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Lookup(Vector512<float> low, Vector512<float> high, Vector512<float> indices) => Avx512F.PermuteVar16x32x2(low, indices.AsInt32(), high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddBytes(Vector512<float> integers, byte* from) => (integers.AsInt32() + Avx512F.ConvertToVector512Int32(Vector128.Load(from))).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Gather(float* from, Vector512<float> integers) =>
        Vector512.Create(Avx2.GatherVector256(from, integers.GetLower().AsInt32(), sizeof(float)), Avx2.GatherVector256(from, integers.GetUpper().AsInt32(), sizeof(float)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(float* from, long fromStride, float* to, long toStride)
    {
        // Named values, not arrays: all 16 rows stay in registers, which is 4 times as fast.
        Pairs(from, fromStride, out var a0, out var a1, out var a2, out var a3);
        Pairs(from + 4 * fromStride, fromStride, out var b0, out var b1, out var b2, out var b3);
        Pairs(from + 8 * fromStride, fromStride, out var c0, out var c1, out var c2, out var c3);
        Pairs(from + 12 * fromStride, fromStride, out var d0, out var d1, out var d2, out var d3);
        Quarters(a0, b0, c0, d0, to, toStride);
        Quarters(a1, b1, c1, d1, to + toStride, toStride);
        Quarters(a2, b2, c2, d2, to + 2 * toStride, toStride);
        Quarters(a3, b3, c3, d3, to + 3 * toStride, toStride);
    }

    /// <summary>Four rows to four vectors: the i-th holds columns i, 4 + i, 8 + i and 12 + i, each of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pairs(float* from, long stride, out Vector512<double> column0, out Vector512<double> column1, out Vector512<double> column2, out Vector512<double> column3)
    {
        var (row0, row1, row2, row3) = (Vector512.Load(from), Vector512.Load(from + stride), Vector512.Load(from + 2 * stride), Vector512.Load(from + 3 * stride));
        var low01 = Avx512F.UnpackLow(row0, row1).AsDouble();
        var high01 = Avx512F.UnpackHigh(row0, row1).AsDouble();
        var low23 = Avx512F.UnpackLow(row2, row3).AsDouble();
        var high23 = Avx512F.UnpackHigh(row2, row3).AsDouble();
        column0 = Avx512F.UnpackLow(low01, low23);
        column1 = Avx512F.UnpackHigh(low01, low23);
        column2 = Avx512F.UnpackLow(high01, high23);
        column3 = Avx512F.UnpackHigh(high01, high23);
    }

    /// <summary>Stores one column of each quarter of the square.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarters(Vector512<double> a, Vector512<double> b, Vector512<double> c, Vector512<double> d, float* to, long stride)
    {
        var (even01, odd01) = (Avx512F.Shuffle4x128(a, b, 0x88), Avx512F.Shuffle4x128(a, b, 0xDD));
        var (even23, odd23) = (Avx512F.Shuffle4x128(c, d, 0x88), Avx512F.Shuffle4x128(c, d, 0xDD));
        Avx512F.Shuffle4x128(even01, even23, 0x88).AsSingle().Store(to);
        Avx512F.Shuffle4x128(odd01, odd23, 0x88).AsSingle().Store(to + 4 * stride);
        Avx512F.Shuffle4x128(even01, even23, 0xDD).AsSingle().Store(to + 8 * stride);
        Avx512F.Shuffle4x128(odd01, odd23, 0xDD).AsSingle().Store(to + 12 * stride);
    }
}
