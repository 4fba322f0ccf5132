using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>MatMul</c>: Y [batch…, M, N] = A [batch…, M, K] · B [batch…, K, N]; batch axes are broadcast, a vector is a row of A or a
/// column of B.
/// </summary>
internal sealed class MatMul : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (a, b) = (inputs[0]!, inputs[1]!);
        Check(node, a.shape, b.shape);
        if (b.dim() == 1) return [Product(a, b.unsqueeze(1)).squeeze(-1)];
        return [a.dim() == 1 ? Product(a.unsqueeze(0), b).squeeze(-2) : Product(a, b)];
    }

    /// <summary>As LibTorch's own matmul, which alone among products ends the process where it fails (of types that differ, or without memory).</summary>
    /// <param name="a">[batch…, M, K].</param>
    /// <param name="b">[batch…, K, N].</param>
    public static Tensor Product(Tensor a, Tensor b)
    {
        var (left, right) = (a.shape, b.shape);
        if (right.Length == 2) return a.dim() == 2 ? mm(a, b) : mm(a.reshape(left[..^1].Product(), left[^1]), b).reshape([.. left[..^1], right[1]]);
        long[] batch = [.. Enumerable.Range(1, Math.Max(left.Length, right.Length) - 2).Reverse().Select(back => (Size(left, back), Size(right, back)) switch
        {
            (1, var size) => size,
            (var size, _) => size,
        })];
        return bmm(Stack(a), Stack(b)).reshape([.. batch, left[^2], right[^1]]);

        static long Size(long[] shape, int back) => back + 2 <= shape.Length ? shape[^(back + 2)] : 1;

        Tensor Stack(Tensor matrices) => matrices.expand([.. batch, .. matrices.shape[^2..]]).reshape([batch.Product(), .. matrices.shape[^2..]]);
    }

    public override IEnumerable<Learned> Learned(Node node) =>
        [new(0, LearnedKind.Weight, OutputAxis: 0, Rank: 2), new(1, LearnedKind.Weight, OutputAxis: 1, Rank: 2)];

    public override long Macs(Node node, Shapes shapes) => shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[0]][^1];

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (a, b, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        var (inner, outer) = Inner(a, b, shapes);
        ties.Contract(inner, outer);
        TieOuter(a, b, y, shapes, ties);
        if (ties.IsConstant(a) || ties.IsConstant(b)) return;
        ties.Note(inner, Roles.HeadSize);
        if (shapes[b].Length > 1) ties.Note(new(b, shapes[b].Length - 1), Roles.HeadSize);
        for (var axis = 0; axis < shapes[y].Length - 2; axis++) ties.Note(new(y, axis), Roles.Head);
    }

    /// <summary>The axes of A and B that are summed over.</summary>
    internal static (Axis A, Axis B) Inner(string a, string b, Shapes shapes) => (new(a, shapes[a].Length - 1), new(b, Math.Max(0, shapes[b].Length - 2)));

    /// <summary>Ties rows, columns and batch.</summary>
    internal static void TieOuter(string a, string b, string y, Shapes shapes, Ties ties)
    {
        var (rankA, rankB, rankY) = (shapes[a].Length, shapes[b].Length, shapes[y].Length);
        if (rankA > 1) ties.Add(new(a, rankA - 2), new(y, rankB > 1 ? rankY - 2 : rankY - 1)); // rows
        if (rankB > 1) ties.Add(new(b, rankB - 1), new(y, rankY - 1));                       // columns
        Batch(a, rankA);
        Batch(b, rankB);

        void Batch(string operand, int rank)
        {
            var matrix = (rankA > 1 ? 1 : 0) + (rankB > 1 ? 1 : 0); // axes of the result that are no batch
            for (var axis = 0; axis < rank - 2; axis++)
                if (shapes[operand][axis] != 1) ties.Add(new(operand, axis), new(y, rankY - matrix - (rank - 2) + axis));
        }
    }

    /// <summary>LibTorch ends the process on some batches that do not match.</summary>
    private static void Check(Node node, long[] a, long[] b)
    {
        var inner = b.Length > 1 ? b[^2] : b.Length > 0 ? b[0] : 0;
        var fits = a.Length > 0 && b.Length > 0 && a[^1] == inner;
        for (var back = 3; fits && back <= Math.Min(a.Length, b.Length); back++) fits = a[^back] == b[^back] || a[^back] == 1 || b[^back] == 1;
        if (!fits)
            throw node.Error($"cannot multiply [{string.Join(", ", a)}] by [{string.Join(", ", b)}]; check the data's shape against the model's inputs");
        var batch = Enumerable.Range(3, Math.Max(0, Math.Max(a.Length, b.Length) - 2)).Select(back => Math.Max(back <= a.Length ? a[^back] : 1, back <= b.Length ? b[^back] : 1));
        node.Affordable([.. batch, a.Length > 1 ? a[^2] : 1, b.Length > 1 ? b[^1] : 1], a.Product() + b.Product());
    }
}
