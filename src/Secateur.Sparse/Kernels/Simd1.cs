using System.Runtime.CompilerServices;

namespace Secateur.Sparse.Kernels;

/// <summary>No vectors at all.</summary>
internal readonly unsafe struct Simd1 : ISimd<float>
{
    public static string Name => "scalar";
    public static int FewTokens => 1;
    public static int Lanes => 1;
    public static int MostVectors => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float All(float value) => value;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Load(float* from) => *from;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Four(float* from, out float first, out float second, out float third, out float fourth) => (first, second, third, fourth) = (from[0], from[1], from[2], from[3]);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Load(sbyte* from) => *from;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float LoadBrain(ushort* from) => BitConverter.UInt32BitsToSingle((uint)*from << 16);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float LoadHalf(ushort* from) => (float)*(Half*)from;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Codes(byte* from, float* table, out float lower, out float upper) => (lower, upper) = (table[*from & 15], table[*from >> 4]);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Prefetch(void* at) { }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void PrefetchFar(void* at) { }
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(float vector, float* to) => *to = vector;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Add(float left, float right) => left + right;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Max(float left, float right) => MathF.Max(left, right);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float MultiplyAdd(float left, float right, float sum) => float.MultiplyAddEstimate(left, right, sum);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Indices(byte* from) => *from;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Lookup(float low, float high, float indices) => indices == 0 ? low : high;
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float AddBytes(float integers, byte* from) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(integers) + *from);
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static float Gather(float* from, float integers) => from[BitConverter.SingleToInt32Bits(integers)];
    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Transpose(float* from, long fromStride, float* to, long toStride) => *to = *from;
}
