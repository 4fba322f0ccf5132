using System.Buffers.Binary;
using System.Numerics;

namespace Secateur.Onnx.Packing;

/// <summary>Which elements of a block are there: a bit for each, or the number left out before each, whichever takes fewer bytes once packed.</summary>
internal static class Positions
{
    private const int Far = 255; // so many are left out, and the gap goes on

    private enum Form : byte { Mask, Gaps }

    /// <param name="mask">A bit an element, the lowest first; those past the last element are 0.</param>
    public static void Write(MemoryStream target, ReadOnlySpan<byte> mask, int elements)
    {
        using MemoryStream bits = new(), steps = new();
        Entropy.Write(bits, mask);
        var gaps = Gaps(mask, elements);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, gaps.Length);
        steps.Write(length);
        Entropy.Write(steps, gaps);
        var form = bits.Length <= steps.Length ? Form.Mask : Form.Gaps;
        target.WriteByte((byte)form);
        (form == Form.Mask ? bits : steps).WriteTo(target);
    }

    /// <returns>The mask; exactly <paramref name="there"/> of its bits are set, none past the last element.</returns>
    public static byte[] Read(ref BlockReader source, int elements, int there)
    {
        var form = (Form)source.Byte();
        var length = (elements + 7) / 8;
        var mask = form switch
        {
            Form.Mask => Entropy.Read(ref source, length),
            Form.Gaps => Mask(Entropy.Read(ref source, source.Int(there + (elements / Far) + 1)), elements),
            _ => throw BlockReader.Damaged(),
        };
        var set = 0;
        foreach (var bits in mask) set += BitOperations.PopCount(bits);
        return set == there && (elements % 8 == 0 || mask[^1] >> (elements % 8) == 0) ? mask : throw BlockReader.Damaged();
    }

    public static bool Has(ReadOnlySpan<byte> mask, int element) => (mask[element >> 3] >> (element & 7) & 1) != 0;

    public static void Set(Span<byte> mask, int element) => mask[element >> 3] |= (byte)(1 << (element & 7));

    private static ReadOnlySpan<byte> Gaps(ReadOnlySpan<byte> mask, int elements)
    {
        var gaps = new byte[elements];
        var (count, gap) = (0, 0);
        for (var element = 0; element < elements; element++)
        {
            if (Has(mask, element))
            {
                gaps[count++] = (byte)gap;
                gap = 0;
            }
            else if (++gap == Far)
            {
                gaps[count++] = Far;
                gap = 0;
            }
        }
        return gaps.AsSpan(0, count);
    }

    private static byte[] Mask(ReadOnlySpan<byte> gaps, int elements)
    {
        var mask = new byte[(elements + 7) / 8];
        var element = 0;
        foreach (var gap in gaps)
        {
            element += gap;
            if (gap == Far) continue;
            if (element >= elements) throw BlockReader.Damaged();
            Set(mask, element++);
        }
        return mask;
    }
}
