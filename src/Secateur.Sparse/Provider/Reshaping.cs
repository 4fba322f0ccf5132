namespace Secateur.Sparse.Provider;

/// <summary>Reshape to a constant shape that leaves the last axis alone. ONNX Runtime writes it around each Gemm that it makes of a MatMul and an Add of three axes or more.</summary>
internal static unsafe class Reshaping
{
    /// <summary>The shape that a node gives what has so many columns already, whose product with a matrix it is only in the way of; null where it is another node.</summary>
    public static long[]? Before(GraphNode node, int columns) => node.Input(0)?.Shape is [.., var last] && last == columns ? Behind(node, columns) : null;

    /// <summary>The shape that a node gives a value whose last axis is as long, −1 for one axis at most; null where it is another node.</summary>
    public static long[]? Behind(GraphNode node, int rows)
    {
        if (node is not { Operator: "Reshape", Inputs: [_, { IsConstant: true } constant] }) return null;
        var target = constant.Constant;
        if (target.Type != OrtTensor.Integer64 || target.Rank != 1 || target.Elements == 0) return null;
        var shape = new ReadOnlySpan<long>(target.Data, (int)target.Elements).ToArray();
        if (shape.Contains(0)) // as long as it was, or truly 0
        {
            if (node.Output.Shape is not { } known || known.Length != shape.Length || known.Contains(0)) return null;
            for (var axis = 0; axis < shape.Length; axis++)
                if (shape[axis] == 0) shape[axis] = known[axis];
        }
        if (shape[^1] == -1 && node.Output.Shape is [.., var last] && last == rows) shape[^1] = rows;
        return shape[^1] == rows && shape.Count(extent => extent < 0) <= 1 ? shape : null;
    }
}
