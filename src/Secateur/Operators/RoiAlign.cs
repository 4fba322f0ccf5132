using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>RoiAlign</c>: of X [N, C, H, W], for each region (two corners x, y, times <c>spatial_scale</c>; in the picture that
/// batch_indices says) the mean, or by <c>mode</c> the maximum, of points in each of output_height × output_width cells.
/// </summary>
/// <remarks>
/// He et al., "Mask R-CNN", ICCV 2017, sec. 3 (arXiv:1703.06870). A point lies between four elements; the maximum is over their
/// weighted values. Before operator set 16 a region is at least 1 × 1 and not shifted by half an element.
/// </remarks>
internal sealed class RoiAlign : Operator
{
    public override string WhyWhole => "samples along it";

    private const long MostPoints = 1 << 22;

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, regions) = (inputs[0]!, inputs[1]!);
        var (rows, columns) = (node.Int("output_height", 1), node.Int("output_width", 1));
        if (x.dim() != 4 || regions.shape is not [var count, 4] || inputs[2]!.shape is not [var same] || same != count || rows < 1 || columns < 1 || x.shape[2..].Product() == 0)
            throw node.Error($"cannot cut {rows}x{columns} cells out of [{string.Join(", ", x.shape)}] by regions [{string.Join(", ", regions.shape)}]; check the data's shape");
        node.Affordable([count, x.shape[1], rows, columns]);
        if (count == 0) return [zeros([0, x.shape[1], rows, columns], x.dtype)];
        var pictures = node.Places(inputs[2]!, x.shape[0]).data<long>().ToArray();
        var corners = regions.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray();
        return [stack(pictures.Select((picture, region) => Align(node, x.select(0, picture), corners.AsSpan(4 * region, 4), rows, columns)))];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        ties.Add(new(x, 1), new(y, 1));
        for (var input = 1; input < 3; input++) ties.Add(new(node.Inputs[input], 0), new(y, 0));
        foreach (var axis in (int[])[0, 2, 3]) ties.Block(new Axis(x, axis));
        foreach (var axis in (Axis[])[new(node.Inputs[1], 1), new(y, 2), new(y, 3)]) ties.Block(axis);
    }

    /// <param name="node">Its attributes.</param>
    /// <param name="x">[C, H, W].</param>
    /// <param name="region">Its two corners: x, y, x, y.</param>
    /// <param name="rows">Cells of a column.</param>
    /// <param name="columns">Cells of a row.</param>
    /// <returns>[C, rows, columns].</returns>
    private static Tensor Align(Node node, Tensor x, ReadOnlySpan<float> region, long rows, long columns)
    {
        var (vertical, horizontal) = (Points.Of(node, region[1], region[3], rows, x.shape[1]), Points.Of(node, region[0], region[2], columns, x.shape[2]));
        if (node.Text("mode", "avg") != "max") return Mean(x, vertical, horizontal);
        if (vertical.Low.Length * horizontal.Low.Length > MostPoints)
            throw node.Error($"a region of it asks for {vertical.Low.Length} x {horizontal.Low.Length} points; check the data against the model's inputs");
        var corners = from row in vertical.Sides
                      from column in horizontal.Sides
                      let weight = tensor(row.Weights, x.dtype).reshape(-1, 1) * tensor(column.Weights, x.dtype)
                      select x.index_select(1, tensor(row.Places)).index_select(2, tensor(column.Places)) * weight;
        return corners.Aggregate(maximum).reshape(x.shape[0], rows, vertical.Each, columns, horizontal.Each).amax([2, 4]);
    }

    /// <summary>The mean of points that are interpolated along each axis alone: a product with a matrix for each.</summary>
    private static Tensor Mean(Tensor x, Points vertical, Points horizontal)
    {
        var across = MatMul.Product(x, horizontal.Matrix(x.shape[2], x.dtype)); // [C, H, columns]
        return MatMul.Product(across.transpose(1, 2), vertical.Matrix(x.shape[1], x.dtype)).transpose(1, 2);
    }

    /// <summary>The points of all cells along an axis, each between two of its elements, of which 1 − share and share count.</summary>
    private sealed record Points(int Each, long[] Low, long[] High, float[] Below, float[] Above)
    {
        public (long[] Places, float[] Weights)[] Sides => [(Low, Below), (High, Above)];

        /// <summary>[size, cells]: what each element counts in the mean of each cell.</summary>
        public Tensor Matrix(long size, ScalarType type)
        {
            var cells = Low.Length / Each;
            var weights = new float[size * cells];
            foreach (var (places, shares) in Sides)
                for (var point = 0; point < places.Length; point++) weights[places[point] * cells + point / Each] += shares[point] / Each;
            return tensor(weights).reshape(size, cells).to(type);
        }

        public static Points Of(Node node, float from, float to, long cells, long size)
        {
            var (scale, ratio) = (node.Float("spatial_scale", 1), node.Int("sampling_ratio"));
            var shifted = node.Opset >= 16 && node.Text("coordinate_transformation_mode", "half_pixel") == "half_pixel";
            var start = from * scale - (shifted ? 0.5f : 0);
            var length = to * scale - (shifted ? 0.5f : 0) - start;
            if (!shifted) length = Math.Max(length, 1);
            var wanted = ratio > 0 ? ratio : (long)Math.Clamp(MathF.Ceiling(length / cells), 0, MostPoints);
            if (wanted > MostPoints / cells || !float.IsFinite(length))
                throw node.Error($"a region of it is {length} long; check the data against the model's inputs");
            var each = (int)Math.Max(wanted, 1);
            var count = each * cells;
            var points = new Points(each, new long[count], new long[count], new float[count], new float[count]);
            for (var point = 0; point < count; point++)
            {
                var place = start + point / each * (length / cells) + (point % each + 0.5f) * (length / cells) / each;
                if (wanted == 0 || place < -1 || place > size) continue; // an empty region has no points: its cells are 0
                place = Math.Clamp(place, 0, size - 1);
                points.Low[point] = (long)place;
                points.High[point] = Math.Min(points.Low[point] + 1, size - 1);
                points.Above[point] = place - points.Low[point];
                points.Below[point] = 1 - points.Above[point];
            }
            return points;
        }
    }
}
