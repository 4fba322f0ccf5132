using System.Buffers.Binary;

namespace Secateur.Onnx.Packing;

/// <summary>Reads a packed block, which may be damaged in any way.</summary>
internal ref struct BlockReader(ReadOnlySpan<byte> block)
{
    private ReadOnlySpan<byte> left = block;

    public readonly bool IsAtEnd => left.IsEmpty;

    public static InvalidDataException Damaged() => new("a block is damaged");

    public byte Byte() => Bytes(1)[0];

    /// <summary>A number from 0 to <paramref name="most"/>.</summary>
    public int Int(int most) => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4)) is >= 0 and var value && value <= most ? value : throw Damaged();

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > left.Length) throw Damaged();
        var bytes = left[..count];
        left = left[count..];
        return bytes;
    }
}
