using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Resize</c>: X sampled anew along each axis whose size changes, by <c>mode</c> nearest or linear (separable).</summary>
/// <remarks>Scales are the second input in operator set 10, the third since; a fourth gives sizes instead. Outside of X its edge counts.</remarks>
internal sealed class Resize : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var y = inputs[0]!;
        if (node.Flag("antialias")) throw node.Error("attribute antialias is set, which is not known; export the model without it");
        if (node.Text("keep_aspect_ratio_policy", "stretch") is not "stretch" and var policy)
            throw node.Error($"attribute keep_aspect_ratio_policy is '{policy}'; only stretch is known");
        foreach (var (axis, scale, size) in Targets(node, inputs, y.shape))
            if (scale != 1 || size != y.shape[axis]) y = Sample(node, y, axis, scale, size);
        return [ReferenceEquals(y, inputs[0]) ? y.alias() : y];
    }

    private static IEnumerable<(int Axis, float Scale, long Size)> Targets(Node node, Tensor?[] inputs, long[] shape)
    {
        var scaled = node.Opset < 11 ? inputs[1] : inputs.Length > 2 ? inputs[2] : null;
        var axes = node.Ints("axes")?.Select(axis => node.Axis(axis, shape.Length)).ToArray() ?? [.. Enumerable.Range(0, shape.Length)];
        if (inputs is [_, _, _, { } sized])
        {
            var sizes = node.Ints(sized);
            if (sizes.Length == axes.Length) return axes.Zip(sizes, (axis, size) => (axis, (float)size / shape[axis], size));
        }
        else if (scaled is not null && scaled.numel() == axes.Length)
        {
            return axes.Zip(scaled.to(ScalarType.Float32).data<float>().ToArray(), (axis, scale) => (axis, scale, (long)MathF.Floor(shape[axis] * scale)));
        }
        throw node.Error($"has not one scale or size for each of {axes.Length} axes; check the data's shape against the model's inputs");
    }

    private static Tensor Sample(Node node, Tensor x, int axis, float scale, long size)
    {
        var from = x.shape[axis];
        if (size < 1 || from < 1) throw node.Error($"cannot resize axis {axis} from {from} to {size}; check the data's shape");
        var places = Enumerable.Range(0, (int)size).Select(Coordinate(node, scale, from, size)).ToArray();
        if (node.Text("mode", "nearest") is "nearest")
        {
            var round = Rounding(node);
            return x.index_select(axis, tensor(Array.ConvertAll(places, place => Math.Clamp((long)round(place), 0, from - 1))));
        }
        if (node.Text("mode") is not "linear") throw node.Error($"attribute mode is '{node.Text("mode")}'; nearest and linear are known");
        places = Array.ConvertAll(places, place => Math.Clamp(place, 0, from - 1));
        var low = Array.ConvertAll(places, place => (long)MathF.Floor(place));
        var high = Array.ConvertAll(low, place => Math.Min(place + 1, from - 1));
        var share = tensor(places.Zip(low, (place, below) => place - below).ToArray()).to(x.dtype)
            .reshape([size, .. Enumerable.Repeat(1L, (int)x.dim() - 1 - axis)]);
        return x.index_select(axis, tensor(low)) * (1 - share) + x.index_select(axis, tensor(high)) * share;
    }

    /// <summary>Where in X, in elements, an element of Y lies.</summary>
    private static Func<int, float> Coordinate(Node node, float scale, long from, long to) =>
        node.Text("coordinate_transformation_mode", node.Opset < 11 ? "asymmetric" : "half_pixel") switch
        {
            "half_pixel" => place => (place + 0.5f) / scale - 0.5f,
            "pytorch_half_pixel" => place => to > 1 ? (place + 0.5f) / scale - 0.5f : 0,
            "align_corners" => place => to > 1 ? place * (float)(from - 1) / (to - 1) : 0,
            "asymmetric" => place => place / scale,
            "half_pixel_symmetric" => place => from / 2f * (1 - to / (scale * from)) + (place + 0.5f) / scale - 0.5f,
            var other => throw node.Error($"attribute coordinate_transformation_mode is '{other}', which is not known; export the model with half_pixel"),
        };

    private static Func<float, float> Rounding(Node node) =>
        node.Text("nearest_mode", node.Opset < 11 ? "floor" : "round_prefer_floor") switch
        {
            "round_prefer_floor" => place => MathF.Ceiling(place - 0.5f),
            "round_prefer_ceil" => place => MathF.Floor(place + 0.5f),
            "floor" => MathF.Floor,
            "ceil" => MathF.Ceiling,
            var other => throw node.Error($"attribute nearest_mode is '{other}', which is not known"),
        };
}
