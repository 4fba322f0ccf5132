using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>NonMaxSuppression</c>: of boxes [batch, boxes, 4] by scores [batch, classes, boxes], for each class the best that overlap
/// no better one by more than the threshold; int64 [kept, 3]: batch, class, box.
/// </summary>
/// <remarks>A box is two corners y, x, or where <c>center_point_box</c> is set its centre x, y, width and height. Overlap is intersection over union.</remarks>
internal sealed class NonMaxSuppression : Operator
{
    public override string WhyWhole => "picks by value what it gives";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (boxes, scores) = (inputs[0]!, inputs[1]!);
        if (boxes.shape is not [var batches, var count, 4] || scores.shape is not [var same, var classes, var scored] || same != batches || scored != count)
            throw node.Error($"its boxes [{string.Join(", ", boxes.shape)}] and scores [{string.Join(", ", scores.shape)}] do not fit each other; check the data's shape");
        var most = Number(2) is var limit and > 0 ? (int)Math.Min(limit, count) : 0;
        var (overlap, least) = ((float)Number(3), inputs is [_, _, _, _, not null, ..] ? (float)Number(4) : float.NegativeInfinity);
        if (boxes.numel() == 0 || scores.numel() == 0) return [zeros([0, 3], ScalarType.Int64)];
        var (corners, score) = (Corners(node, boxes), scores.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray());
        List<long> kept = [];
        for (var batch = 0; batch < batches; batch++)
        {
            var own = corners.AsSpan(batch * (int)count, (int)count);
            for (var one = 0; one < classes; one++)
                foreach (var box in Best(own, score.AsSpan((batch * (int)classes + one) * (int)count, (int)count), most, overlap, least))
                    kept.AddRange([batch, one, box]);
        }
        return [tensor(kept.ToArray(), ScalarType.Int64).reshape(-1, 3)];

        double Number(int input) => input >= inputs.Length || inputs[input] is not { } given ? 0
            : given.numel() == 1 ? given.to(ScalarType.Float64).item<double>() : throw node.Error("a limit of it is not one number; export the model again");
    }

    private static List<int> Best(ReadOnlySpan<Box> boxes, ReadOnlySpan<float> scores, int most, float overlap, float least)
    {
        var given = scores.ToArray();
        List<int> kept = [];
        foreach (var box in Enumerable.Range(0, given.Length).Where(box => given[box] > least).OrderByDescending(box => given[box]))
        {
            if (kept.Count == most) break;
            var free = true;
            foreach (var better in kept) free &= boxes[box].Overlap(boxes[better]) <= overlap;
            if (free) kept.Add(box);
        }
        return kept;
    }

    private static Box[] Corners(Node node, Tensor boxes)
    {
        var numbers = boxes.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray();
        return [.. numbers.Chunk(4).Select(box => node.Flag("center_point_box")
            ? new Box(box[1] - box[3] / 2, box[0] - box[2] / 2, box[1] + box[3] / 2, box[0] + box[2] / 2)
            : new Box(Math.Min(box[0], box[2]), Math.Min(box[1], box[3]), Math.Max(box[0], box[2]), Math.Max(box[1], box[3])))];
    }

    private readonly record struct Box(float Top, float Left, float Bottom, float Right)
    {
        private float Area => (Bottom - Top) * (Right - Left);

        /// <summary>0 where one of the two is empty.</summary>
        public float Overlap(Box other)
        {
            var (height, width) = (Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top), Math.Min(Right, other.Right) - Math.Max(Left, other.Left));
            if (height <= 0 || width <= 0 || Area <= 0 || other.Area <= 0) return 0;
            return height * width / (Area + other.Area - height * width);
        }
    }
}
