using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>GridSample</c>: X [N, C, spatial…] sampled at the places of a grid [N, places…, 2 or 3] (x first, −1 and 1 the ends) by
/// <c>mode</c> nearest, linear or (of pictures) cubic.
/// </summary>
/// <remarks>Operator set 16 calls linear and cubic bilinear and bicubic. The cubic kernel is Keys's with a = −0.75.</remarks>
internal sealed class GridSample : Operator
{
    public override string WhyWhole => "samples along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, grid) = (inputs[0]!, inputs[1]!);
        if (x.dim() is not (4 or 5) || grid.dim() != x.dim() || grid.shape[0] != x.shape[0] || grid.shape[^1] != x.dim() - 2 || x.shape[2..].Product() == 0)
            throw node.Error($"cannot sample [{string.Join(", ", x.shape)}] at places [{string.Join(", ", grid.shape)}]; check the data's shape");
        var corners = node.Flag("align_corners");
        var sampling = node.Text("mode", "linear");
        if (sampling is "bicubic" or "cubic" && x.dim() == 4) return [Cubic(node, x, grid, corners)];
        var kind = sampling switch
        {
            "bilinear" or "linear" => GridSampleMode.Bilinear,
            "nearest" => GridSampleMode.Nearest,
            _ => throw node.Error($"attribute mode is '{sampling}', which is not known for {x.dim() - 2} spatial dimensions; linear and nearest are"),
        };
        var padding = node.Text("padding_mode", "zeros") switch
        {
            "zeros" => GridSamplePaddingMode.Zeros,
            "border" => GridSamplePaddingMode.Border,
            "reflection" => GridSamplePaddingMode.Reflection,
            var other => throw Unknown(node, other),
        };
        return [nn.functional.grid_sample(x, grid, kind, padding, corners)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, grid, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        var last = shapes[x].Length - 1;
        ties.Add(new(x, 0), new(y, 0));
        ties.Add(new(x, 1), new(y, 1));
        ties.Add(new(grid, 0), new(y, 0));
        for (var axis = 2; axis <= last; axis++)
        {
            ties.Add(new(grid, axis - 1), new(y, axis));
            ties.Block(new Axis(x, axis));
        }
        ties.Block(new Axis(grid, last));
    }

    /// <summary>Sixteen elements around each place, weighted by rows and columns; TorchSharp does not offer LibTorch's own.</summary>
    private static Tensor Cubic(Node node, Tensor x, Tensor grid, bool corners)
    {
        var (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var flat = x.reshape(n, c, h * w);
        var (column, row) = (Place(grid.select(-1, 0), w, corners), Place(grid.select(-1, 1), h, corners)); // [N, places…]
        var (left, top) = (column.detach().floor(), row.detach().floor());
        Tensor? y = null;
        for (var dy = -1; dy <= 2; dy++)
        {
            for (var dx = -1; dx <= 2; dx++)
            {
                var (below, insideRow) = Element(node, top + dy, h, corners);
                var (right, insideColumn) = Element(node, left + dx, w, corners);
                var index = (below * w + right).reshape(n, 1, -1).expand(n, c, -1);
                var weight = Weight(row - top - dy) * Weight(column - left - dx) * insideRow * insideColumn;
                var part = flat.gather(2, index) * weight.reshape(n, 1, -1);
                y = y is null ? part : y + part;
            }
        }
        return y!.reshape([n, c, .. grid.shape[1..^1]]);
    }

    private static Tensor Place(Tensor x, long size, bool corners) => corners ? (x + 1) / 2 * (size - 1) : ((x + 1) * size - 1) / 2;

    private static Tensor Weight(Tensor distance)
    {
        const double A = -0.75;
        var d = distance.abs();
        return where(d.le(1), ((A + 2) * d - (A + 3)) * d * d + 1, ((A * d - 5 * A) * d + 8 * A) * d - 4 * A);
    }

    /// <summary>The element that stands for one that may lie outside, and whether it counts.</summary>
    private static (Tensor Place, Tensor Counts) Element(Node node, Tensor place, long size, bool corners)
    {
        var counts = ones_like(place);
        switch (node.Text("padding_mode", "zeros"))
        {
            case "zeros":
                counts = place.ge(0).logical_and(place.lt(size)).to(place.dtype);
                break;
            case "reflection":
                var (low, span) = corners ? (0.0, size - 1.0) : (-0.5, size);
                if (span == 0) break;
                var beyond = (place - low).abs();
                var (turns, rest) = ((beyond / span).floor(), beyond.fmod(span));
                place = where(turns.remainder(2).eq(0), rest + low, span - rest + low);
                break;
            case "border": break;
            case var other: throw Unknown(node, other);
        }
        return (place.nan_to_num(0).clamp(0, size - 1).to(ScalarType.Int64), counts);
    }

    private static SecateurException Unknown(Node node, string padding) =>
        node.Error($"attribute padding_mode is '{padding}'; zeros, border and reflection are known, export the model again");
}
