using System.Collections.Immutable;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>A value that enters or leaves a graph. A dimension is its size, or null where the file leaves it open.</summary>
public sealed record Value(string Name, TensorProto.Types.DataType Type, ImmutableArray<long?> Shape, ImmutableArray<string> Symbols)
{
    /// <summary>The shape with every open dimension replaced: the first by <paramref name="batch"/>, others by <paramref name="open"/>.</summary>
    public long[] ShapeWith(long batch, long open = 1) => [.. Shape.Select((size, axis) => size ?? (axis == 0 ? batch : open))];

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
