namespace Secateur.Sparse.Kernels;

/// <summary>The vector instructions of one level, so that each kernel is written once.</summary>
/// <typeparam name="V">A vector of floats.</typeparam>
internal unsafe interface ISimd<V> where V : unmanaged
{
    static abstract string Name { get; }

    /// <summary>Floats in a vector.</summary>
    static abstract int Lanes { get; }

    /// <inheritdoc cref="Level.MostVectors"/>
    static abstract int MostVectors { get; }

    /// <inheritdoc cref="Level.FewTokens"/>
    static abstract int FewTokens { get; }

    static abstract V All(float value);
    static abstract V Load(float* from);

    /// <summary>Each of four floats in all lanes.</summary>
    static abstract void Four(float* from, out V first, out V second, out V third, out V fourth);

    static abstract V Load(sbyte* from);

    /// <summary>The upper halves of floats.</summary>
    static abstract V LoadBrain(ushort* from);

    /// <summary>IEEE's floats of 16 bits, finite ones.</summary>
    static abstract V LoadHalf(ushort* from);

    /// <summary>Two vectors of what a table of 16 floats holds at the places that the lower, and then the upper, halves of bytes name.</summary>
    static abstract void Codes(byte* from, float* table, out V lower, out V upper);

    /// <summary>Asks for what will be read soon; anything may be asked for.</summary>
    static abstract void Prefetch(void* at);

    /// <summary>Asks for what is read much later: for the second cache.</summary>
    static abstract void PrefetchFar(void* at);

    static abstract void Store(V vector, float* to);
    static abstract V Add(V left, V right);

    /// <summary>The larger of each lane; where one is no number, the right one.</summary>
    static abstract V Max(V left, V right);

    /// <summary>left · right + sum; rounded once where the processor can.</summary>
    static abstract V MultiplyAdd(V left, V right, V sum);

    /// <summary>A byte for each lane, under twice the number of lanes, in the form that <see cref="Lookup"/> wants.</summary>
    static abstract V Indices(byte* from);

    /// <summary>For each lane the element of (low, high) that its index names.</summary>
    static abstract V Lookup(V low, V high, V indices);

    /// <summary>A byte for each lane, added to the integers that lanes hold; none is zero bits.</summary>
    static abstract V AddBytes(V integers, byte* from);

    /// <summary>For each lane the element that its integer names.</summary>
    static abstract V Gather(float* from, V integers);

    /// <summary>to[column · toStride + row] = from[row · fromStride + column] for a square as wide as a vector.</summary>
    static abstract void Transpose(float* from, long fromStride, float* to, long toStride);
}
