using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Secateur.Sparse.Kernels;

/// <summary>NEON on ARM64; on x86-64 what every such processor has.</summary>
internal readonly unsafe struct Simd128 : ISimd<Vector128<float>>
{
    private const float HalfExponent = 5192296858534827628530496329220096f; // 2^112

    public static bool IsSupported => Vector128.IsHardwareAccelerated;
    public static string Name => AdvSimd.IsSupported ? "neon" : "sse";
    public static int FewTokens => 1;
    public static int Lanes => 4;
    public static int MostVectors => AdvSimd.IsSupported ? 4 : 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> All(float value) => Vector128.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Load(float* from) => *(Vector128<float>*)from;
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Four(float* from, out Vector128<float> first, out Vector128<float> second, out Vector128<float> third, out Vector128<float> fourth)
    {
        var all = Vector128.Load(from);
        (first, second, third, fourth) = (Vector128.Shuffle(all, Vector128.Create(0)), Vector128.Shuffle(all, Vector128.Create(1)), Vector128.Shuffle(all, Vector128.Create(2)), Vector128.Shuffle(all, Vector128.Create(3)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Load(sbyte* from) => Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(int*)from).AsSByte())));
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> LoadBrain(ushort* from) => Vector128.ShiftLeft(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)from).AsUInt16()), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadHalf(ushort* from)
    {
        // the sign stays above, exponent and fraction move to theirs, and a power of two mends the exponent: right for what is denormal too
        var moved = Vector128.ShiftLeft(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)from).AsInt16()), 13) & Vector128.Create(unchecked((int)0x8FFFE000));
        return moved.AsSingle() * Vector128.Create(HalfExponent);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Codes(byte* from, float* table, out Vector128<float> lower, out Vector128<float> upper)
    {
        lower = Vector128.Create(table[from[0] & 15], table[from[1] & 15], table[from[2] & 15], table[from[3] & 15]);
        upper = Vector128.Create(table[from[0] >> 4], table[from[1] >> 4], table[from[2] >> 4], table[from[3] >> 4]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Prefetch(void* at) { }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void PrefetchFar(void* at) { }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Vector128<float> vector, float* to) => *(Vector128<float>*)to = vector;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> Max(Vector128<float> left, Vector128<float> right) => Vector128.MaxNative(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> sum) => Vector128.MultiplyAddEstimate(left, right, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Indices(byte* from) => Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)from).AsByte())).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Lookup(Vector128<float> low, Vector128<float> high, Vector128<float> indices)
    {
        var index = indices.AsUInt32();
        if (!AdvSimd.Arm64.IsSupported)
            return Vector128.Shuffle(low, index.AsInt32()) + Vector128.Shuffle(high, (index - Vector128.Create(4u)).AsInt32()); // zero where the index is of the other
        var bytes = (index * Vector128.Create(0x04040404u) + Vector128.Create(0x03020100u)).AsByte();
        return AdvSimd.Arm64.VectorTableLookup((low.AsByte(), high.AsByte()), bytes).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AddBytes(Vector128<float> integers, byte* from) => (integers.AsInt32() + Indices(from).AsInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Gather(float* from, Vector128<float> integers)
    {
        var at = integers.AsInt32();
        return Vector128.Create(from[at[0]], from[at[1]], from[at[2]], from[at[3]]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(float* from, long fromStride, float* to, long toStride)
    {
        for (var row = 0; row < 4; row++)
            for (var column = 0; column < 4; column++) to[column * toStride + row] = from[row * fromStride + column];
    }
}
