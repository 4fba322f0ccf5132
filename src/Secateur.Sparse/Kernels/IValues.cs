using System.Runtime.CompilerServices;

namespace Secateur.Sparse.Kernels;

/// <summary>Reads values of weights of one <see cref="ValueKind"/> as vectors of floats.</summary>
internal unsafe interface IValues
{
    /// <summary>Bytes that so many values take.</summary>
    static abstract long Bytes(long count);

    /// <summary>A vector.</summary>
    /// <param name="values">From <see cref="PackedValues"/>.</param>
    /// <param name="table">Likewise.</param>
    /// <param name="at">Of the first value.</param>
    static abstract V Load<S, V>(void* values, float* table, long at) where S : ISimd<V> where V : unmanaged;

    /// <summary>Two vectors that lie side by side.</summary>
    static abstract void Load<S, V>(void* values, float* table, long at, out V first, out V second) where S : ISimd<V> where V : unmanaged;

    /// <summary>Asks for what will be read soon.</summary>
    static abstract void Prefetch<S, V>(void* values, long at) where S : ISimd<V> where V : unmanaged;
}

internal readonly unsafe struct Floats : IValues
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Bytes(long count) => count * sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(void* values, float* table, long at) where S : ISimd<V> where V : unmanaged => S.Load((float*)values + at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<S, V>(void* values, float* table, long at, out V first, out V second) where S : ISimd<V> where V : unmanaged =>
        (first, second) = (S.Load((float*)values + at), S.Load((float*)values + at + S.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<S, V>(void* values, long at) where S : ISimd<V> where V : unmanaged
    {
        S.Prefetch((float*)values + at);
        S.Prefetch((float*)values + at + S.Lanes);
    }
}

internal readonly unsafe struct BrainFloats : IValues
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Bytes(long count) => count * sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(void* values, float* table, long at) where S : ISimd<V> where V : unmanaged => S.LoadBrain((ushort*)values + at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<S, V>(void* values, float* table, long at, out V first, out V second) where S : ISimd<V> where V : unmanaged =>
        (first, second) = (S.LoadBrain((ushort*)values + at), S.LoadBrain((ushort*)values + at + S.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<S, V>(void* values, long at) where S : ISimd<V> where V : unmanaged => S.Prefetch((ushort*)values + at);
}

internal readonly unsafe struct HalfFloats : IValues
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Bytes(long count) => count * sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(void* values, float* table, long at) where S : ISimd<V> where V : unmanaged => S.LoadHalf((ushort*)values + at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<S, V>(void* values, float* table, long at, out V first, out V second) where S : ISimd<V> where V : unmanaged =>
        (first, second) = (S.LoadHalf((ushort*)values + at), S.LoadHalf((ushort*)values + at + S.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<S, V>(void* values, long at) where S : ISimd<V> where V : unmanaged => S.Prefetch((ushort*)values + at);
}

internal readonly unsafe struct WholeNumbers : IValues
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Bytes(long count) => count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(void* values, float* table, long at) where S : ISimd<V> where V : unmanaged => S.Load((sbyte*)values + at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<S, V>(void* values, float* table, long at, out V first, out V second) where S : ISimd<V> where V : unmanaged =>
        (first, second) = (S.Load((sbyte*)values + at), S.Load((sbyte*)values + at + S.Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<S, V>(void* values, long at) where S : ISimd<V> where V : unmanaged => S.Prefetch((sbyte*)values + at);
}

/// <summary>Only two vectors at a time.</summary>
internal readonly unsafe struct TableCodes : IValues
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Bytes(long count) => count / 2;

    public static V Load<S, V>(void* values, float* table, long at) where S : ISimd<V> where V : unmanaged => throw new NotSupportedException("Codes are of two vectors.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<S, V>(void* values, float* table, long at, out V first, out V second) where S : ISimd<V> where V : unmanaged =>
        S.Codes((byte*)values + at / 2, table, out first, out second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch<S, V>(void* values, long at) where S : ISimd<V> where V : unmanaged => S.Prefetch((byte*)values + at / 2);
}
