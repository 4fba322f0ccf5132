using Secateur.Onnx.Proto;
using Secateur.Sparse;

namespace Secateur.Onnx.Packing;

/// <summary>Nodes that only lay a value out anew, of which the provider takes those that stand between a weight and what multiplies by it.</summary>
internal static class Layouts
{
    /// <param name="node">Any.</param>
    /// <param name="order">How the elements lie that it takes.</param>
    /// <param name="constants">By name.</param>
    /// <returns>How they lie behind it; null where it is another node, or does more than turn a matrix.</returns>
    public static WeightOrder? Behind(NodeProto node, WeightOrder order, Dictionary<string, GraphConstant> constants) => OnnxModel.Domain(node.Domain).Length > 0 || node.Output.Count != 1 ? null : (node.OpType, node.Input.Count) switch
    {
        ("Transpose", 1) => order.Transposed([.. Wholes(node, "perm") ?? []]),
        ("Identity", 1) => order,
        ("Flatten", 1) => Flattened(order, Whole(node, "axis", 1)),
        ("Reshape", 2) when Whole(node, "allowzero", 0) == 0 && Operand(node, constants) is { } target => Reshaped(order, target),
        ("Unsqueeze", 1 or 2) when Axes(node, constants) is { } axes => Unsqueezed(order, axes),
        ("Squeeze", 1 or 2) => node.Input.Count == 1 && Wholes(node, "axes") is null ? Squeezed(order, null) : Axes(node, constants) is { } axes ? Squeezed(order, axes) : null,
        _ => null,
    };

    private static WeightOrder? Flattened(WeightOrder order, long axis)
    {
        if (axis < 0) axis += order.Shape.Length;
        return axis < 0 || axis > order.Shape.Length ? null : order.Reshaped([Product(order.Shape[..(int)axis]), Product(order.Shape[(int)axis..])]);
    }

    private static WeightOrder? Reshaped(WeightOrder order, long[] target)
    {
        if (target.Where((extent, axis) => extent < -1 || (extent == 0 && axis >= order.Shape.Length)).Any() || target.Count(extent => extent == -1) > 1) return null;
        long[] shape = [.. target.Select((extent, axis) => extent == 0 ? order.Shape[axis] : extent)];
        if (Array.IndexOf(shape, -1) is >= 0 and var open) shape[open] = Product(order.Shape) / Math.Max(1, Product([.. shape.Where(extent => extent != -1)]));
        return order.Reshaped(shape);
    }

    private static WeightOrder? Unsqueezed(WeightOrder order, long[] axes)
    {
        var rank = order.Shape.Length + axes.Length;
        long[] at = [.. axes.Select(axis => axis < 0 ? axis + rank : axis).Order()];
        if (at.Distinct().Count() < at.Length || at.Any(axis => axis < 0 || axis >= rank)) return null;
        var shape = order.Shape.ToList();
        foreach (var axis in at) shape.Insert((int)axis, 1);
        return order.Reshaped([.. shape]);
    }

    /// <param name="order">As told.</param>
    /// <param name="axes">All of extent 1 where null.</param>
    private static WeightOrder? Squeezed(WeightOrder order, long[]? axes) =>
        order.Reshaped([.. order.Shape.Where((extent, axis) => axes is null ? extent != 1 : !axes.Contains(axis) && !axes.Contains(axis - order.Shape.Length))]);

    private static long[]? Axes(NodeProto node, Dictionary<string, GraphConstant> constants) => node.Input.Count == 1 ? Wholes(node, "axes") : Operand(node, constants);

    private static long[]? Operand(NodeProto node, Dictionary<string, GraphConstant> constants) =>
        constants.TryGetValue(node.Input[1], out var constant) && constant.Tensor.Type() == TensorProto.Types.DataType.Int64 && constant.Tensor.Count() <= 16 ? constant.Tensor.ToArray<long>() : null;

    private static long Product(ReadOnlySpan<long> extents)
    {
        var product = 1L;
        foreach (var extent in extents) product = unchecked(product * extent); // a wrong one fits no weight
        return product;
    }

    private static long[]? Wholes(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name) is { } found ? [.. found.Ints] : null;

    private static long Whole(NodeProto node, string name, long otherwise) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? otherwise;
}
