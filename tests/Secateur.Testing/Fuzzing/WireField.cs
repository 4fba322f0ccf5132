namespace Secateur.Testing.Fuzzing;

/// <summary>A field of a protobuf message as it lies on the wire, of whatever message: to be damaged one by one.</summary>
internal sealed class WireField
{
    public required ulong Tag { get; set; }

    public WireType Type => (WireType)(Tag & 7);

    /// <summary>Of a varint.</summary>
    public ulong Number { get; set; }

    /// <summary>Of a field of fixed or stated length that is no message.</summary>
    public byte[] Content { get; set; } = [];

    /// <summary>Of a field that reads as a message; null for others.</summary>
    public List<WireField>? Inner { get; private init; }

    /// <summary>Written in the place of the length; a lie.</summary>
    public ulong? Length { get; set; }

    /// <summary>The fields of a message; null where the bytes are none.</summary>
    public static List<WireField>? Read(ReadOnlySpan<byte> bytes, int depth = 0)
    {
        List<WireField> fields = [];
        while (bytes.Length > 0)
        {
            if (!Varint(ref bytes, out var tag) || tag >> 3 is 0 or > 100) return null;
            var (number, content, inner) = (0UL, Array.Empty<byte>(), default(List<WireField>));
            switch ((WireType)(tag & 7))
            {
                case WireType.Varint:
                    if (!Varint(ref bytes, out number)) return null;
                    break;
                case WireType.Long or WireType.Word:
                    var width = (tag & 7) == (int)WireType.Long ? 8 : 4;
                    if (bytes.Length < width) return null;
                    content = bytes[..width].ToArray();
                    bytes = bytes[width..];
                    break;
                case WireType.Bytes:
                    if (!Varint(ref bytes, out var length) || length > (ulong)bytes.Length) return null;
                    content = bytes[..(int)length].ToArray();
                    bytes = bytes[(int)length..];
                    inner = content.Length > 0 && depth < 20 ? Read(content, depth + 1) : null;
                    break;
                default: return null;
            }
            fields.Add(new WireField { Tag = tag, Number = number, Content = content, Inner = inner });
        }
        return fields;
    }

    public static byte[] Write(IEnumerable<WireField> fields)
    {
        List<byte> bytes = [];
        foreach (var field in fields)
        {
            Varint(bytes, field.Tag);
            var content = field.Inner is null ? field.Content : Write(field.Inner);
            if (field.Type == WireType.Varint) Varint(bytes, field.Number);
            else if (field.Type == WireType.Bytes) Varint(bytes, field.Length ?? (ulong)content.Length);
            if (field.Type != WireType.Varint) bytes.AddRange(content);
        }
        return [.. bytes];
    }

    private static bool Varint(ref ReadOnlySpan<byte> bytes, out ulong number)
    {
        number = 0;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            number |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return true;
        }
        return false;
    }

    private static void Varint(List<byte> bytes, ulong number)
    {
        for (; number >= 0x80; number >>= 7) bytes.Add((byte)(number | 0x80));
        bytes.Add((byte)number);
    }
}

/// <summary>How a field's length is told.</summary>
internal enum WireType
{
    Varint = 0,
    Long = 1,
    Bytes = 2,
    Word = 5,
}
