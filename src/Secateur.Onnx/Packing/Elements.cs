using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Packing;

/// <summary>What a stretch of a file holds. The number is its byte in the container: the width of an element, and 16 more for floats.</summary>
internal enum Elements : byte
{
    /// <summary>Anything: the file's own structure, texts, padding.</summary>
    Bytes = 0,
    Int8 = 1,
    Int16 = 2,
    Int32 = 4,

    /// <summary>Positions and shapes: coded as differences.</summary>
    Int64 = 8,
    Float16 = 16 + 2,
    Float32 = 16 + 4,
    Float64 = 16 + 8,
}

/// <summary>A stretch of a file.</summary>
internal readonly record struct Piece(long Offset, long Length, Elements Elements)
{
    private const int Least = 1024; // shorter tensors are packed with what is around them

    public static int Width(Elements elements) => elements == Elements.Bytes ? 1 : (int)elements & 15;

    public static bool IsFloat(Elements elements) => (int)elements >= 16;

    /// <summary>How raw data of a tensor's type is coded; pairs of 4 bits are bytes.</summary>
    public static Elements Of(DataType type) => type switch
    {
        DataType.Float or DataType.Complex64 => Elements.Float32,
        DataType.Double or DataType.Complex128 => Elements.Float64,
        DataType.Float16 or DataType.Bfloat16 => Elements.Float16,
        DataType.Int64 or DataType.Uint64 => Elements.Int64,
        DataType.Int32 or DataType.Uint32 => Elements.Int32,
        DataType.Int16 or DataType.Uint16 => Elements.Int16,
        _ => Elements.Int8,
    };

    /// <summary>The whole of a file in order: tensors that are long enough, and what lies between.</summary>
    public static IEnumerable<Piece> Whole(IEnumerable<Piece> tensors, long length)
    {
        var done = 0L;
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Offset))
        {
            var whole = tensor.Length - (tensor.Length % Width(tensor.Elements)); // in a damaged model the last element may be cut
            if (whole < Least || tensor.Offset < done) continue; // or two tensors may share their place
            if (tensor.Offset > done) yield return new(done, tensor.Offset - done, Elements.Bytes);
            yield return tensor with { Length = whole };
            done = tensor.Offset + whole;
        }
        if (done < length) yield return new(done, length - done, Elements.Bytes);
    }
}
