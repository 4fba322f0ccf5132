using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>MaxRoiPool</c>: of X [N, C, H, W], for each region (picture, then two corners x, y, times <c>spatial_scale</c>) the maximum
/// of each of <c>pooled_shape</c> cells; 0 where a cell lies outside of X.
/// </summary>
/// <remarks>Girshick, "Fast R-CNN", ICCV 2015, sec. 2.1 (arXiv:1504.08083).</remarks>
internal sealed class MaxRoiPool : Operator
{
    public override string WhyWhole => "pools over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, regions) = (inputs[0]!, inputs[1]!);
        if (x.dim() != 4 || regions.shape is not [var count, 5] || node.Ints("pooled_shape") is not [var rows and > 0, var columns and > 0])
            throw node.Error($"cannot cut cells out of [{string.Join(", ", x.shape)}] by regions [{string.Join(", ", regions.shape)}]; check the data's shape");
        node.Affordable([count, x.shape[1], rows, columns]);
        if (count == 0) return [zeros([0, x.shape[1], rows, columns], x.dtype)];
        var pictures = node.Places(regions.select(1, 0), x.shape[0]).data<long>().ToArray();
        var scaled = regions.detach().to(ScalarType.Float32).narrow(1, 1, 4) * node.Float("spatial_scale", 1);
        var corners = scaled.nan_to_num(0).clamp(-1e6, 1e6).contiguous().data<float>().ToArray().Chunk(4).ToArray();
        return
        [
            stack(corners.Zip(pictures, (corner, picture) =>
            {
                var (vertical, horizontal) = (Cells(corner[1], corner[3], rows, x.shape[2]), Cells(corner[0], corner[2], columns, x.shape[3]));
                var cells = vertical.SelectMany(row => horizontal, (row, column) => Greatest(x.select(0, picture), row, column));
                return stack(cells, 1).reshape(-1, rows, columns);
            })),
        ];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        ties.Add(new(x, 1), new(y, 1));
        ties.Add(new(node.Inputs[1], 0), new(y, 0));
        foreach (var axis in (Axis[])[new(x, 0), new(x, 2), new(x, 3), new(node.Inputs[1], 1), new(y, 2), new(y, 3)]) ties.Block(axis);
    }

    /// <summary>Where each cell begins along an axis, and its elements.</summary>
    private static (long Start, long Count)[] Cells(float from, float to, long cells, long size)
    {
        var start = (long)MathF.Round(from, MidpointRounding.AwayFromZero);
        var each = Math.Max((long)MathF.Round(to, MidpointRounding.AwayFromZero) - start + 1, 1) / (float)cells;
        return [.. Enumerable.Range(0, (int)cells).Select(cell =>
        {
            var first = Math.Clamp((long)MathF.Floor(cell * each) + start, 0, size);
            return (first, Math.Clamp((long)MathF.Ceiling((cell + 1) * each) + start, 0, size) - first);
        })];
    }

    private static Tensor Greatest(Tensor x, (long Start, long Count) row, (long Start, long Count) column) => row.Count <= 0 || column.Count <= 0
        ? zeros(x.shape[0], x.dtype) : x.narrow(1, row.Start, row.Count).narrow(2, column.Start, column.Count).amax([1, 2]);
}
