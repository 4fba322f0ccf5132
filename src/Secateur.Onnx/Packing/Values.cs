using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Secateur.Onnx.Packing;

/// <summary>Elements by their bytes: all first bytes, all second bytes ... Where there are few different values, as after clustering, a table and a byte for each.</summary>
internal static class Values
{
    private const int MostInTable = 256;

    private enum Form : byte { Planes, Table }

    /// <param name="values">Of floats the bits, turned by <see cref="Turned"/>.</param>
    public static void Write<T>(MemoryStream target, ReadOnlySpan<T> values) where T : unmanaged, IBinaryInteger<T>
    {
        var width = Marshal.SizeOf<T>();
        if (width > 1 && values.Length > 2 * MostInTable && Table(values) is { } table)
        {
            var numbers = new byte[values.Length];
            for (var i = 0; i < numbers.Length; i++) numbers[i] = (byte)table[values[i]];
            target.WriteByte((byte)Form.Table);
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, table.Count);
            target.Write(length);
            Entropy.Write(target, MemoryMarshal.AsBytes<T>([.. table.Keys]));
            Entropy.Write(target, numbers);
            return;
        }
        target.WriteByte((byte)Form.Planes);
        var bytes = MemoryMarshal.AsBytes(values);
        var plane = new byte[values.Length];
        for (var which = 0; which < width; which++)
        {
            for (var i = 0; i < plane.Length; i++) plane[i] = bytes[(i * width) + which];
            Entropy.Write(target, plane);
        }
    }

    public static T[] Read<T>(ref BlockReader source, int count) where T : unmanaged, IBinaryInteger<T>
    {
        var (values, width) = (new T[count], Marshal.SizeOf<T>());
        switch ((Form)source.Byte())
        {
            case Form.Planes:
                var bytes = MemoryMarshal.AsBytes(values.AsSpan());
                for (var which = 0; which < width; which++)
                {
                    var plane = Entropy.Read(ref source, count);
                    for (var i = 0; i < plane.Length; i++) bytes[(i * width) + which] = plane[i];
                }
                return values;
            case Form.Table:
                var size = source.Int(MostInTable);
                var table = MemoryMarshal.Cast<byte, T>(Entropy.Read(ref source, size * width));
                var numbers = Entropy.Read(ref source, count);
                for (var i = 0; i < numbers.Length; i++) values[i] = numbers[i] < size ? table[numbers[i]] : throw BlockReader.Damaged();
                return values;
            default:
                throw BlockReader.Damaged();
        }
    }

    /// <summary>A float's bits with the sign behind the fraction, so that the exponent, which is skewed, fills its own byte.</summary>
    public static T Turned<T>(T bits) where T : IBinaryInteger<T> => T.RotateLeft(bits, 1);

    public static T Back<T>(T turned) where T : IBinaryInteger<T> => T.RotateRight(turned, 1);

    private static Dictionary<T, int>? Table<T>(ReadOnlySpan<T> values) where T : unmanaged, IBinaryInteger<T>
    {
        Dictionary<T, int> table = [];
        foreach (var value in values)
            if (table.TryAdd(value, table.Count) && table.Count > MostInTable) return null;
        return table;
    }
}
