using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>X sampled anew along each axis whose size changes, one axis after the other, by <c>mode</c> nearest, linear or cubic.</summary>
/// <remarks>
/// Outside of X its edge counts. As in ONNX Runtime, an axis of scale 1 stays as it is, even where only a part of X is resized. Keys, "Cubic convolution interpolation for digital image processing", 1981, for the cubic kernel;
/// <c>antialias</c> widens a kernel by as much as an axis shrinks.
/// </remarks>
internal abstract class Resampling : Operator
{
    public override string WhyWhole => "resizes it";

    /// <param name="Index">Which axis of X.</param>
    /// <param name="Scale">New size by old, before it is rounded.</param>
    /// <param name="Size">The new size.</param>
    /// <param name="Start">Where the part that is resized begins, as a fraction; <c>tf_crop_and_resize</c> alone reads it.</param>
    /// <param name="End">Where it ends.</param>
    protected readonly record struct Target(int Index, float Scale, long Size, float Start = 0, float End = 1);

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var y = x.is_floating_point() ? x : x.to(ScalarType.Float32);
        Target[] targets = [.. Targets(node, inputs, x.shape).Where(target => target.Scale != 1 || target.Size != x.shape[target.Index])];
        if (targets.Length > 0) node.Affordable([.. x.shape.Select((size, axis) => targets.Where(target => target.Index == axis).Select(target => target.Size).FirstOrDefault(size))], x.numel());
        if (Native(node, y, targets) is { } native) return [native.to(x.dtype)];
        foreach (var target in targets) y = Sample(node, y, target);
        return [ReferenceEquals(y, x) ? y.alias() : y.to(x.dtype)];
    }

    /// <summary>What becomes of each axis that is named.</summary>
    protected abstract IEnumerable<Target> Targets(Node node, Tensor?[] inputs, long[] shape);

    protected static string Transformation(Node node) => node.Text("coordinate_transformation_mode", node.Opset < 11 ? "asymmetric" : "half_pixel");

    /// <summary>Sizes by scales.</summary>
    protected static IEnumerable<Target> Scaled(long[] shape, int[] axes, float[] scales) =>
        axes.Zip(scales, (axis, scale) => new Target(axis, scale, (long)MathF.Floor(shape[axis] * scale)));

    /// <summary>By LibTorch's own, which is faster, where it does the same: pictures, linear or doubled; else null.</summary>
    private static Tensor? Native(Node node, Tensor x, Target[] targets)
    {
        if (x.dim() != 4 || targets.Length == 0 || node.Flag("antialias") || node.Flag("exclude_outside")
            || !Array.TrueForAll(targets, target => target.Index >= 2 && target.Size > 0 && target.Scale == (float)target.Size / x.shape[target.Index])) return null;
        long[] sizes = [.. x.shape[2..]];
        foreach (var target in targets) sizes[target.Index - 2] = target.Size;
        var doubles = Array.TrueForAll(targets, target => target.Scale is 2 or 4);
        return (node.Text("mode", "nearest"), Transformation(node), node.Text("nearest_mode", node.Opset < 11 ? "floor" : "round_prefer_floor")) switch
        {
            ("linear", "half_pixel", _) => nn.functional.interpolate(x, sizes, mode: InterpolationMode.Bilinear, align_corners: false),
            ("linear", "align_corners", _) => nn.functional.interpolate(x, sizes, mode: InterpolationMode.Bilinear, align_corners: true),
            ("nearest", "asymmetric", "floor") or ("nearest", "half_pixel", "round_prefer_floor" or "round_prefer_ceil") when doubles =>
                nn.functional.interpolate(x, sizes, mode: InterpolationMode.Nearest),
            _ => null,
        };
    }

    private static Tensor Sample(Node node, Tensor x, Target target)
    {
        var (axis, from, size) = (target.Index, x.shape[target.Index], target.Size);
        if (size < 1 || from < 1) throw node.Error($"cannot resize axis {axis} from {from} to {size}; check the data's shape");
        var places = Enumerable.Range(0, (int)size).Select(Coordinate(node, target, from)).ToArray();
        var y = node.Text("mode", "nearest") == "nearest"
            ? x.index_select(axis, tensor(Array.ConvertAll(places, place => Math.Clamp((long)Rounded(node, place), 0, from - 1))))
            : Interpolate(node, x, axis, places, node.Flag("antialias") ? Math.Max(1, 1 / target.Scale) : 1);
        if (Transformation(node) != "tf_crop_and_resize") return y;
        var outside = tensor(Array.ConvertAll(places, place => place < 0 || place > from - 1));
        return where(Along(outside, x.dim() - 1 - axis), tensor(node.Float("extrapolation_value"), y.dtype), y);
    }

    /// <summary>Each place the weighted sum of the elements around it.</summary>
    private static Tensor Interpolate(Node node, Tensor x, int axis, float[] places, float widened)
    {
        var (from, half, kernel) = (x.shape[axis], node.Text("mode") == "cubic" ? 2 : 1, Kernel(node));
        var reach = (int)MathF.Ceiling(half * widened);
        var (elements, weights) = (new long[2 * reach][], new float[2 * reach][]);
        for (var tap = 0; tap < 2 * reach; tap++)
        {
            elements[tap] = Array.ConvertAll(places, place => (long)MathF.Floor(place) - reach + 1 + tap);
            weights[tap] = [.. elements[tap].Zip(places, (element, place) =>
                node.Flag("exclude_outside") && (element < 0 || element >= from) ? 0 : kernel((element - place) / widened))];
        }
        var sums = places.Select((_, place) => weights.Sum(tap => tap[place])).ToArray();
        Tensor? y = null;
        for (var tap = 0; tap < 2 * reach; tap++)
        {
            var share = Along(tensor([.. weights[tap].Zip(sums, (weight, sum) => weight / sum)], x.dtype), x.dim() - 1 - axis);
            var part = x.index_select(axis, tensor(Array.ConvertAll(elements[tap], element => Math.Clamp(element, 0, from - 1)))) * share;
            y = y is null ? part : y + part;
        }
        return y!;
    }

    /// <summary>A vector as an axis with so many after it.</summary>
    private static Tensor Along(Tensor vector, long after) => vector.reshape([-1, .. Enumerable.Repeat(1L, (int)after)]);

    private static Func<float, float> Kernel(Node node)
    {
        var a = node.Float("cubic_coeff_a", -0.75f);
        return node.Text("mode") switch
        {
            "linear" => distance => Math.Max(0, 1 - MathF.Abs(distance)),
            "cubic" => distance => MathF.Abs(distance) switch
            {
                <= 1 and var near => ((a + 2) * near - (a + 3)) * near * near + 1,
                < 2 and var far => ((a * far - 5 * a) * far + 8 * a) * far - 4 * a,
                _ => 0,
            },
            var other => throw node.Error($"attribute mode is '{other}'; nearest, linear and cubic are known"),
        };
    }

    /// <summary>Where in X, in elements, an element of Y lies.</summary>
    private static Func<int, float> Coordinate(Node node, Target target, long from)
    {
        var (_, scale, to, start, end) = target;
        return Transformation(node) switch
        {
            "half_pixel" => place => (place + 0.5f) / scale - 0.5f,
            "pytorch_half_pixel" => place => to > 1 ? (place + 0.5f) / scale - 0.5f : 0,
            "align_corners" => place => to > 1 ? place * (float)(from - 1) / (to - 1) : 0,
            "asymmetric" => place => place / scale,
            "half_pixel_symmetric" => place => from / 2f * (1 - to / (scale * from)) + (place + 0.5f) / scale - 0.5f,
            "tf_half_pixel_for_nn" => place => (place + 0.5f) / scale,
            "tf_crop_and_resize" => place => to > 1 ? start * (from - 1) + place * (end - start) * (from - 1) / (to - 1) : 0.5f * (start + end) * (from - 1),
            var other => throw node.Error($"attribute coordinate_transformation_mode is '{other}', which is not known; export the model with half_pixel"),
        };
    }

    private static float Rounded(Node node, float place) =>
        node.Text("nearest_mode", node.Opset < 11 ? "floor" : "round_prefer_floor") switch
        {
            "round_prefer_floor" => MathF.Ceiling(place - 0.5f),
            "round_prefer_ceil" => MathF.Floor(place + 0.5f),
            "floor" => MathF.Floor(place),
            "ceil" => MathF.Ceiling(place),
            var other => throw node.Error($"attribute nearest_mode is '{other}', which is not known"),
        };
}
