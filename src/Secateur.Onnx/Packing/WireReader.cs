using Microsoft.Win32.SafeHandles;

namespace Secateur.Onnx.Packing;

/// <summary>Walks through the fields of a protobuf file without holding it.</summary>
internal sealed class WireReader(SafeFileHandle file, long length)
{
    private readonly byte[] buffer = new byte[1 << 16];
    private long start;
    private int filled;

    public long Position { get; set; }

    public long Length => length;

    /// <summary>The next field before <paramref name="end"/>: its number and where its content lies. The reader stands behind it.</summary>
    /// <exception cref="InvalidDataException">The bytes are no protobuf.</exception>
    public (int Number, bool IsMessage, long Offset, long Length) Field(long end)
    {
        var tag = Varint(end);
        var (number, wire) = (tag >> 3, (int)tag & 7);
        if (number is 0 or > 536_870_911) throw Damaged(); // protobuf's largest
        var content = wire switch { 0 => -1L, 1 => 8, 2 => checked((long)Math.Min(Varint(end), long.MaxValue)), 5 => 4, _ => throw Damaged() };
        var offset = Position;
        if (wire == 0) Varint(end);
        else if (content > end - offset) throw Damaged();
        else Position = offset + content;
        return ((int)number, wire == 2, offset, Position - offset);
    }

    public byte[] Bytes(long offset, int count)
    {
        var bytes = new byte[count];
        var after = Position;
        Position = offset;
        for (var i = 0; i < count; i++) bytes[i] = Next(offset + count);
        Position = after;
        return bytes;
    }

    private ulong Varint(long end)
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var part = Next(end);
            value |= (ulong)(part & 127) << shift;
            if (part < 128) return value;
        }
        throw Damaged();
    }

    private byte Next(long end)
    {
        if (Position >= end) throw Damaged();
        if (Position < start || Position >= start + filled)
        {
            (start, filled) = (Position, RandomAccess.Read(file, buffer, Position));
            if (filled == 0) throw Damaged();
        }
        return buffer[Position++ - start];
    }

    private static InvalidDataException Damaged() => new("no protobuf");
}
