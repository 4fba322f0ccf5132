using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>The header of NumPy's array format, versions 1 to 3.</summary>
/// <param name="Type">Of the elements; null for text.</param>
/// <param name="Width">Bytes of one element.</param>
/// <param name="Text">The encoding of text elements: UTF-32 (<c>U</c>) or Latin-1 (<c>S</c>).</param>
/// <param name="Fortran">Whether the first index changes fastest.</param>
/// <param name="Start">Where the elements begin.</param>
/// <remarks>NEP 1, "A Simple File Format for NumPy Arrays".</remarks>
internal sealed partial record Npy(ScalarType? Type, int Width, Encoding? Text, bool Fortran, ImmutableArray<long> Shape, int Start)
{
    private const int LongestHeader = 1 << 16;
    private const int LongestText = 1 << 16;

    private static readonly Dictionary<string, (ScalarType Type, int Width)> Types = new()
    {
        ["f2"] = (ScalarType.Float16, 2),
        ["f4"] = (ScalarType.Float32, 4),
        ["f8"] = (ScalarType.Float64, 8),
        ["i1"] = (ScalarType.Int8, 1),
        ["i2"] = (ScalarType.Int16, 2),
        ["i4"] = (ScalarType.Int32, 4),
        ["i8"] = (ScalarType.Int64, 8),
        ["u1"] = (ScalarType.Byte, 1),
        ["b1"] = (ScalarType.Bool, 1),
    };

    /// <summary>Bytes of all elements; shape and width were checked to give less than 2^63.</summary>
    public long Bytes => Shape.Aggregate((long)Width, (product, size) => product * size);

    /// <param name="stream">At the array's first byte; is left at the first element.</param>
    /// <param name="available">Bytes that the array may have at most, header included.</param>
    /// <param name="place">For messages: the file and the array's name.</param>
    /// <exception cref="SecateurException">No such array, of a type that cannot be read, or larger than what is there.</exception>
    public static Npy Read(Stream stream, long available, string place)
    {
        Span<byte> head = stackalloc byte[12];
        stream.ReadExactly(head[..8]);
        if (!head.StartsWith((ReadOnlySpan<byte>)[0x93, .. "NUMPY"u8]) || head[6] is 0 or > 3)
            throw new SecateurException($"{place}: is no NumPy array; write it with numpy.savez");
        var sized = head[6] == 1 ? 2 : 4;
        stream.ReadExactly(head.Slice(8, sized));
        var length = sized == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(head[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        if (length > LongestHeader) throw new SecateurException($"{place}: claims a header of {length} bytes; write it again with numpy.savez");
        var text = new byte[length];
        stream.ReadExactly(text);
        var npy = Parse(Encoding.UTF8.GetString(text), 8 + sized + (int)length, place);
        var bytes = npy.Shape.Aggregate((UInt128)npy.Width, (product, size) => Grow(product, size, place));
        if (bytes > (UInt128)Math.Max(0, available - npy.Start))
            throw new SecateurException($"{place}: claims {bytes} bytes of data, the file holds {Math.Max(0, available - npy.Start)}; it is truncated or damaged, write it again");
        return npy;
    }

    /// <summary>The header of a C-ordered array, padded so that the elements begin at a multiple of 64 bytes.</summary>
    public static byte[] Header(ScalarType type, ReadOnlySpan<long> shape)
    {
        var code = Types.FirstOrDefault(pair => pair.Value.Type == type).Key ?? throw new ArgumentException($"NumPy has no {type}.");
        var sizes = string.Join(", ", shape.ToArray()) + (shape.Length == 1 ? "," : "");
        var text = $"{{'descr': '{(code[1] == '1' ? '|' : '<')}{code}', 'fortran_order': False, 'shape': ({sizes}), }}";
        var padded = text.PadRight((((10 + text.Length + 1 + 63) / 64) * 64) - 11) + "\n";
        var header = new byte[10 + padded.Length];
        ((ReadOnlySpan<byte>)[0x93, .. "NUMPY"u8, 1, 0]).CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)padded.Length);
        Encoding.ASCII.GetBytes(padded, header.AsSpan(10));
        return header;
    }

    /// <summary>The elements of a Fortran-ordered array in C order.</summary>
    public byte[] ToRowMajor(ReadOnlySpan<byte> columnMajor)
    {
        var ordered = new byte[columnMajor.Length];
        var strides = new long[Shape.Length]; // of the source, in elements
        for (var (axis, stride) = (0, 1L); axis < Shape.Length; stride *= Shape[axis++]) strides[axis] = stride;
        var index = new long[Shape.Length];
        for (var (to, from) = (0, 0L); to < ordered.Length; to += Width)
        {
            columnMajor.Slice((int)(from * Width), Width).CopyTo(ordered.AsSpan(to));
            for (var axis = Shape.Length - 1; axis >= 0; axis--)
            {
                from += strides[axis];
                if (++index[axis] < Shape[axis]) break;
                from -= strides[axis] * Shape[axis];
                index[axis] = 0;
            }
        }
        return ordered;
    }

    private static Npy Parse(string header, int start, string place)
    {
        var (type, order, shape) = (Descr().Match(header), Order().Match(header), Sizes().Match(header));
        if (!type.Success || !order.Success || !shape.Success)
            throw new SecateurException($"{place}: has a header that is not of a plain array; save one array a name, without fields");
        var (code, fortran) = (type.Groups[1].Value, order.Groups[1].Value == "True");
        ImmutableArray<long> sizes;
        try
        {
            sizes = [.. shape.Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(size => long.Parse(size, CultureInfo.InvariantCulture))];
        }
        catch (Exception e) when (e is OverflowException or FormatException)
        {
            throw new SecateurException($"{place}: has the impossible shape ({shape.Groups[1].Value}); write it again with numpy.savez");
        }
        if (code is ['<' or '|', .. var plain] && Types.TryGetValue(plain, out var known))
            return new Npy(known.Type, known.Width, null, fortran, sizes, start);
        if (code is ['<' or '|', 'U' or 'S', .. var size] && int.TryParse(size, CultureInfo.InvariantCulture, out var letters) && letters is > 0 and <= LongestText)
            return code[1] == 'U' ? new Npy(null, letters * 4, Encoding.UTF32, fortran, sizes, start) : new Npy(null, letters, Encoding.Latin1, fortran, sizes, start);
        throw new SecateurException($"{place}: has elements of type '{code}', which cannot be read; convert it with "
            + (code.Contains('O') ? "astype(str), since objects are never unpickled" : "astype('<f4') or astype('<i8')"));
    }

    private static UInt128 Grow(UInt128 product, long size, string place) => product * (ulong)size is var grown && grown <= long.MaxValue
        ? grown
        : throw new SecateurException($"{place}: claims more elements than any machine holds; it is damaged, write it again");

    [GeneratedRegex(@"'descr'\s*:\s*'([^']*)'")]
    private static partial Regex Descr();

    [GeneratedRegex(@"'fortran_order'\s*:\s*(True|False)")]
    private static partial Regex Order();

    [GeneratedRegex(@"'shape'\s*:\s*\(([\d,\s]*)\)")]
    private static partial Regex Sizes();
}
