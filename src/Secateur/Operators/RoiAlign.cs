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
    private const int Entries = 1 << 20; // of a sparse matrix, about

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
        var areas = pictures.Select((picture, region) => new Area(
            picture, Points.Of(node, corners[4 * region + 1], corners[4 * region + 3], rows, x.shape[2]), Points.Of(node, corners[4 * region], corners[4 * region + 2], columns, x.shape[3])));
        return [node.Text("mode", "avg") == "max" ? stack(areas.Select(area => Greatest(node, x, area))) : Mean(x, areas).reshape(count, rows, columns, -1).permute(0, 3, 1, 2)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        ties.Add(new(x, 1), new(y, 1));
        for (var input = 1; input < 3; input++) ties.Add(new(node.Inputs[input], 0), new(y, 0));
        foreach (var axis in (int[])[0, 2, 3]) ties.Block(new Axis(x, axis));
        foreach (var axis in (Axis[])[new(node.Inputs[1], 1), new(y, 2), new(y, 3)]) ties.Block(axis);
    }

    /// <summary>[C, rows, columns]: the greatest weighted corner of all points of each cell.</summary>
    private static Tensor Greatest(Node node, Tensor x, Area area)
    {
        var (vertical, horizontal) = (area.Vertical, area.Horizontal);
        if (vertical.Low.Length * horizontal.Low.Length > MostPoints)
            throw node.Error($"a region of it asks for {vertical.Low.Length} x {horizontal.Low.Length} points; check the data against the model's inputs");
        using var scope = NewDisposeScope();
        var picture = x.select(0, area.Picture);
        var corners = from row in vertical.Sides
                      from column in horizontal.Sides
                      let weight = tensor(row.Weights, x.dtype).reshape(-1, 1) * tensor(column.Weights, x.dtype)
                      select picture.index_select(1, tensor(row.Places)).index_select(2, tensor(column.Places)) * weight;
        return corners.Aggregate(maximum).reshape(x.shape[1], vertical.Cells, vertical.Each, horizontal.Cells, horizontal.Each).amax([2, 4]).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// [cells of all areas, C]. A cell's mean weighs a few pixels and no others: the means are the product of a sparse matrix, a row for
    /// each cell, and the pixels [N·H·W, C].
    /// </summary>
    private static Tensor Mean(Tensor x, IEnumerable<Area> areas)
    {
        var (height, width) = (x.shape[2], x.shape[3]);
        var pixels = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1]);
        List<Tensor> means = [];
        List<(long Row, long Column)> places = [];
        List<float> weights = [];
        var cells = 0L;
        foreach (var area in areas)
        {
            var across = area.Horizontal.OfCells();
            foreach (var down in area.Vertical.OfCells())
                foreach (var cell in across)
                {
                    foreach (var (y, high) in down)
                        foreach (var (at, wide) in cell)
                        {
                            places.Add((cells, (area.Picture * height + y) * width + at));
                            weights.Add(high * wide);
                        }
                    cells++;
                }
            if (weights.Count >= Entries) Multiply();
        }
        Multiply();
        return cat(means);

        void Multiply()
        {
            if (cells == 0) return;
            using var scope = NewDisposeScope();
            var at = tensor([.. places.Select(place => place.Row), .. places.Select(place => place.Column)]).reshape(2, -1);
            var matrix = sparse_coo_tensor(at, tensor(weights.ToArray()).to(x.dtype), [cells, pixels.shape[0]]);
            means.Add(mm(matrix, pixels).MoveToOuterDisposeScope());
            places.Clear();
            weights.Clear();
            cells = 0;
        }
    }

    /// <summary>A region of a picture as points along either axis.</summary>
    private sealed record Area(long Picture, Points Vertical, Points Horizontal);

    /// <summary>The points of all cells along an axis, each between two of its elements, of which 1 − share and share count.</summary>
    private sealed record Points(int Each, long[] Low, long[] High, float[] Below, float[] Above)
    {
        public (long[] Places, float[] Weights)[] Sides => [(Low, Below), (High, Above)];

        public int Cells => Low.Length / Each;

        /// <summary>Of each cell, which elements count in its mean, and how much.</summary>
        public KeyValuePair<long, float>[][] OfCells()
        {
            var cells = new SortedDictionary<long, float>[Cells];
            foreach (ref var cell in cells.AsSpan()) cell = [];
            foreach (var (places, shares) in Sides)
                for (var point = 0; point < places.Length; point++)
                    if (shares[point] != 0) cells[point / Each][places[point]] = cells[point / Each].GetValueOrDefault(places[point]) + shares[point] / Each;
            return [.. cells.Select(cell => cell.ToArray())];
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
