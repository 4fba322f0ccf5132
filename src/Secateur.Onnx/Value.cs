using System.Collections.Immutable;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>A value that enters or leaves a graph. A dimension is its size, or null where the file leaves it open.</summary>
public sealed record Value(string Name, TensorProto.Types.DataType Type, ImmutableArray<long?> Shape, ImmutableArray<string> Symbols)
{
    /// <summary>Whether a dimension beyond the batch is open.</summary>
    public bool IsOpen => Shape.Skip(1).Any(size => size is null);

    /// <summary>The shape with every open dimension replaced: the first by <paramref name="batch"/>, others by <paramref name="open"/> or, left out, by 224 in pictures and videos and by 1 elsewhere.</summary>
    public long[] ShapeWith(long batch, long? open = null) => [.. Shape.Select((size, axis) => size ?? (axis == 0 ? batch : open ?? (Shape.Length >= 4 ? 224 : 1)))];

    public override string ToString() =>
        $"{Name} [{string.Join(", ", Shape.Select((size, axis) => size?.ToString() ?? (Symbols[axis] is { Length: > 0 } s ? s : "?")))}]";

    internal static Value Of(ValueInfoProto info, string name)
    {
        var tensor = info.Type?.TensorType;
        var dimensions = tensor?.Shape?.Dim ?? [];
        return new Value(name, (TensorProto.Types.DataType)(tensor?.ElemType ?? 0),
            [.. dimensions.Select(d => d.HasDimValue && d.DimValue > 0 ? d.DimValue : (long?)null)],
            [.. dimensions.Select(d => d.HasDimParam ? d.DimParam : "")]);
    }
}
