using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Secateur.Sparse.Kernels;

/// <summary>AVX2 and FMA (x86-64-v3).</summary>
internal readonly unsafe struct Simd256 : ISimd<Vector256<float>>
{
    private const float HalfExponent = 5192296858534827628530496329220096f; // 2^112

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;
    public static string Name => "avx2";
    public static int FewTokens => 2;
    public static int Lanes => 8;
    public static int MostVectors => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> All(float value) => Vector256.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Load(float* from) => *(Vector256<float>*)from;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Four(float* from, out Vector256<float> first, out Vector256<float> second, out Vector256<float> third, out Vector256<float> fourth)
    {
        var all = Avx.BroadcastVector128ToVector256(from);
        (first, second, third, fourth) = (Avx.Permute(all, 0x00), Avx.Permute(all, 0x55), Avx.Permute(all, 0xAA), Avx.Permute(all, 0xFF));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Load(sbyte* from) => Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(from));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> LoadBrain(ushort* from) => Vector256.ShiftLeft(Avx2.ConvertToVector256Int32(from), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadHalf(ushort* from)
    {
        // the sign stays above, exponent and fraction move to theirs, and a power of two mends the exponent: right for what is denormal too
        var moved = Vector256.ShiftLeft(Avx2.ConvertToVector256Int32((short*)from), 13) & Vector256.Create(unchecked((int)0x8FFFE000));
        return moved.AsSingle() * Vector256.Create(HalfExponent);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Codes(byte* from, float* table, out Vector256<float> lower, out Vector256<float> upper)
    {
        var codes = Avx2.ConvertToVector256Int32(from);
        var (low, high) = (Vector256.Load(table), Vector256.Load(table + 8));
        lower = Lookup(low, high, codes.AsSingle());
        upper = Lookup(low, high, Vector256.ShiftRightLogical(codes, 4).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Prefetch(void* at) => Sse.Prefetch0(at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void PrefetchFar(void* at) => Sse.Prefetch1(at);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Vector256<float> vector, float* to) => *(Vector256<float>*)to = vector;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> Max(Vector256<float> left, Vector256<float> right) => Vector256.MaxNative(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> sum) => Fma.MultiplyAdd(left, right, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Indices(byte* from) => Avx2.ConvertToVector256Int32(from).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Lookup(Vector256<float> low, Vector256<float> high, Vector256<float> indices)
    {
        var index = indices.AsInt32();
        var ofHigh = Avx2.ShiftLeftLogical(index, 28).AsSingle(); // bit 3 becomes the sign, by which the blend goes
        return Avx.BlendVariable(Avx2.PermuteVar8x32(low, index), Avx2.PermuteVar8x32(high, index), ofHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddBytes(Vector256<float> integers, byte* from) => (integers.AsInt32() + Avx2.ConvertToVector256Int32(from)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Gather(float* from, Vector256<float> integers) => Avx2.GatherVector256(from, integers.AsInt32(), sizeof(float));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(float* from, long fromStride, float* to, long toStride)
    {
        Pairs(from, fromStride, out var a0, out var a1, out var a2, out var a3);
        Pairs(from + 4 * fromStride, fromStride, out var b0, out var b1, out var b2, out var b3);
        Halves(a0, b0, to, toStride);
        Halves(a1, b1, to + toStride, toStride);
        Halves(a2, b2, to + 2 * toStride, toStride);
        Halves(a3, b3, to + 3 * toStride, toStride);
    }

    /// <summary>Four rows to four vectors: the i-th holds columns i and 4 + i, each of four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pairs(float* from, long stride, out Vector256<float> column0, out Vector256<float> column1, out Vector256<float> column2, out Vector256<float> column3)
    {
        var (row0, row1, row2, row3) = (Vector256.Load(from), Vector256.Load(from + stride), Vector256.Load(from + 2 * stride), Vector256.Load(from + 3 * stride));
        var low01 = Avx.UnpackLow(row0, row1).AsDouble();
        var high01 = Avx.UnpackHigh(row0, row1).AsDouble();
        var low23 = Avx.UnpackLow(row2, row3).AsDouble();
        var high23 = Avx.UnpackHigh(row2, row3).AsDouble();
        column0 = Avx.UnpackLow(low01, low23).AsSingle();
        column1 = Avx.UnpackHigh(low01, low23).AsSingle();
        column2 = Avx.UnpackLow(high01, high23).AsSingle();
        column3 = Avx.UnpackHigh(high01, high23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(Vector256<float> a, Vector256<float> b, float* to, long stride)
    {
        Avx.Permute2x128(a, b, 0x20).Store(to);
        Avx.Permute2x128(a, b, 0x31).Store(to + 4 * stride);
    }
}
