using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>An array of an npz file, C-ordered.</summary>
/// <param name="Type">Null for text.</param>
/// <param name="Elements">Row-major, little-endian; whoever holds the array disposes them.</param>
internal sealed record NpzArray(string Name, string Place, ScalarType? Type, ImmutableArray<long> Shape, Block Elements, int Width, Encoding? Text)
{
    private const int MostRatio = 1032; // deflate cannot do better, so what claims more is damaged

    /// <summary>Arrays of at most <paramref name="inMemory"/> bytes are read now, larger ones mapped where they are stored plainly.</summary>
    public static NpzArray Open(string path, ZipEntry entry, long inMemory)
    {
        var name = entry.Name.EndsWith(".npy", StringComparison.Ordinal) ? entry.Name[..^4] : entry.Name;
        var place = $"{path}: array '{name}'";
        try
        {
            using var stream = entry.Open(path);
            var available = Math.Min(entry.Size, entry.Stored ? entry.Packed : entry.Packed * MostRatio);
            var npy = Npy.Read(stream, available, place);
            var elements = entry.Stored ? Block.Of(path, entry.Start + npy.Start, npy.Bytes, npy.Fortran ? long.MaxValue : inMemory) : Block.Of(stream, npy.Bytes);
            if (npy.Fortran && npy.Shape.Length > 1) elements = Reorder(npy, elements, place);
            return new NpzArray(name, place, npy.Type, npy.Shape, elements, npy.Width, npy.Text);
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
        {
            throw new SecateurException($"{place}: is truncated or damaged; write it again with numpy.savez", e);
        }
    }

    /// <summary>Class numbers or names, one an example; [N], [N, 1] and so on.</summary>
    /// <exception cref="SecateurException">Of another shape, or of fractions.</exception>
    public IReadOnlyList<string> ToLabels()
    {
        if (Shape.Length == 0 || Shape.Skip(1).Any(size => size != 1))
            throw new SecateurException($"{Place}: has shape [{string.Join(", ", Shape)}], labels are one class an example; take argmax over the last axis");
        var bytes = new byte[Elements.Length];
        Elements.Read(0, bytes);
        return Type switch
        {
            null => [.. bytes.Chunk(Width).Select(word => Text!.GetString(word).TrimEnd('\0'))],
            ScalarType.Byte or ScalarType.Bool => Words<byte>(bytes),
            ScalarType.Int8 => Words<sbyte>(bytes),
            ScalarType.Int16 => Words<short>(bytes),
            ScalarType.Int32 => Words<int>(bytes),
            ScalarType.Int64 => Words<long>(bytes),
            ScalarType.Float32 => Words<float>(bytes),
            ScalarType.Float64 => Words<double>(bytes),
            _ => throw new SecateurException($"{Place}: labels of type {Type} cannot be read; convert them with astype('int64')"),
        };
    }

    private static string[] Words<T>(byte[] bytes) where T : unmanaged, IFormattable =>
        Array.ConvertAll(MemoryMarshal.Cast<byte, T>(bytes).ToArray(), value => value.ToString(null, System.Globalization.CultureInfo.InvariantCulture));

    private static Block Reorder(Npy npy, Block columnMajor, string place)
    {
        using (columnMajor)
        {
            if (columnMajor.Length > Array.MaxLength)
                throw new SecateurException($"{place}: is over 2 GB in Fortran order; save it with numpy.ascontiguousarray");
            var bytes = new byte[columnMajor.Length];
            columnMajor.Read(0, bytes);
            return Block.Of(npy.ToRowMajor(bytes));
        }
    }
}
