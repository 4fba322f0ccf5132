using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>One feature of all examples.</summary>
internal abstract class Column : IDisposable
{
    public abstract long Count { get; }

    public abstract Feature Feature { get; }

    /// <summary>Rows of one bucket have, or are padded to, one shape.</summary>
    public virtual int Bucket(long index) => 0;

    /// <param name="indices">Of one bucket.</param>
    /// <returns>[indices.Length, …shape]</returns>
    public abstract Tensor Read(ReadOnlySpan<long> indices);

    public virtual void Dispose() { }
}

/// <summary>A feature that lies row by row in a block of bytes. uint8 is given as float32 in [0, 1] (value / 255), float64 as float32.</summary>
internal sealed class ArrayColumn : Column
{
    private static readonly float[] Unit = [.. Enumerable.Range(0, 256).Select(value => value / 255f)];
    private readonly Block block;
    private readonly ScalarType stored;
    private readonly int rowBytes;

    /// <param name="name">The feature's.</param>
    /// <param name="shape">[examples, …].</param>
    /// <param name="stored">The type in the block.</param>
    /// <param name="block">The elements, row-major, little-endian; the column disposes it.</param>
    /// <param name="raw">Whether bytes stay bytes, as labels do.</param>
    public ArrayColumn(string name, ReadOnlySpan<long> shape, ScalarType stored, Block block, bool raw = false)
    {
        (this.block, this.stored, Count) = (block, stored, shape[0]);
        rowBytes = checked((int)(Count == 0 ? 0 : block.Length / Count));
        Feature = new Feature(name, [.. shape[1..]], stored == ScalarType.Float64 || (stored == ScalarType.Byte && !raw) ? ScalarType.Float32 : stored, stored == ScalarType.Byte && !raw);
    }

    public override long Count { get; }

    public override Feature Feature { get; }

    public override Tensor Read(ReadOnlySpan<long> indices)
    {
        var tensor = empty([indices.Length, .. Feature.Shape], Feature.Type);
        if (indices.Length == 0 || rowBytes == 0) return tensor;
        var row = new byte[rowBytes];
        var bytes = tensor.bytes;
        var width = bytes.Length / indices.Length;
        for (var i = 0; i < indices.Length; i++)
        {
            var into = bytes.Slice(i * width, width);
            if (stored == Feature.Type)
            {
                block.Read(indices[i] * rowBytes, into);
                continue;
            }
            block.Read(indices[i] * rowBytes, row);
            var values = MemoryMarshal.Cast<byte, float>(into);
            if (stored == ScalarType.Byte) ToUnit(row, values);
            else ToSingle(MemoryMarshal.Cast<byte, double>(row), values);
        }
        return tensor;
    }

    public override void Dispose() => block.Dispose();

    /// <summary>Bytes to [0, 1]: value / 255.</summary>
    public static void ToUnit(ReadOnlySpan<byte> from, Span<float> to)
    {
        for (var i = 0; i < to.Length; i++) to[i] = Unit[from[i]];
    }

    private static void ToSingle(ReadOnlySpan<double> from, Span<float> to)
    {
        for (var i = 0; i < to.Length; i++) to[i] = (float)from[i];
    }
}
