using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Resize</c>: X sampled anew by scales, or to sizes.</summary>
/// <remarks>
/// Scales are the second input in operator set 10, the third since; a fourth gives sizes instead, of which
/// <c>keep_aspect_ratio_policy</c> may keep one.
/// </remarks>
internal sealed class Resize : Resampling
{
    protected override IEnumerable<Target> Targets(Node node, Tensor?[] inputs, long[] shape)
    {
        var scaled = node.Opset < 11 ? inputs[1] : inputs.Length > 2 ? inputs[2] : null;
        var axes = Axes(node, shape.Length);
        Target[] targets = [];
        if (inputs is [_, _, _, { } sized, ..] && node.Ints(sized) is { } sizes && sizes.Length == axes.Length) targets = [.. Sized(node, shape, axes, sizes)];
        else if (scaled is not null && scaled.numel() == axes.Length)
            targets = [.. Scaled(shape, axes, scaled.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray())];
        if (targets.Length != axes.Length)
            throw node.Error($"has not one scale or size for each of {axes.Length} axes; check the data's shape against the model's inputs");
        if (Transformation(node) != "tf_crop_and_resize") return targets;
        if (inputs[1] is not { } part || part.numel() != 2 * axes.Length)
            throw node.Error("its second input does not give the part to resize as two numbers an axis; export the model again");
        var ends = part.to(ScalarType.Float32).contiguous().data<float>().ToArray();
        return targets.Select((target, index) => target with { Start = ends[index], End = ends[axes.Length + index] });
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var axes = Axes(node, shapes[x].Length);
        var keeps = node.Text("keep_aspect_ratio_policy", "stretch") != "stretch"; // then one axis' scale hangs on the others' sizes
        var scales = node.Opset >= 11 && node.HasInput(2) ? shapes.Floats(node.Inputs[2]) : node.Opset < 11 ? shapes.Floats(node.Inputs[1]) : null;
        for (var axis = 0; axis < shapes[x].Length; axis++)
            if (!axes.Contains(axis) || (shapes[x][axis] == shapes[y][axis] && !keeps && (axis < 2 || Stays(axis)))) ties.Add(new(x, axis), new(y, axis));

        bool Stays(int axis) => scales?.Length == axes.Length && scales[Array.IndexOf(axes, axis)] == 1 && Transformation(node) != "tf_crop_and_resize"; // channels that are last
    }

    public override IEnumerable<int> Sizes(Node node) => [3];

    public override void Mend(Node node, Mending mending)
    {
        if (!node.HasInput(3) || node.Text("keep_aspect_ratio_policy", "stretch") != "stretch") return;
        var to = mending.After(node.Outputs[0]);
        mending.Want(3, [.. Axes(node, to.Length).Select(axis => to[axis])]);
    }

    /// <summary>By one scale for all axes, where the aspect ratio is kept.</summary>
    private static IEnumerable<Target> Sized(Node node, long[] shape, int[] axes, long[] sizes)
    {
        var scales = axes.Zip(sizes, (axis, size) => (float)size / shape[axis]).ToArray();
        float? kept = node.Text("keep_aspect_ratio_policy", "stretch") switch
        {
            "stretch" => null,
            "not_larger" => scales.Min(),
            "not_smaller" => scales.Max(),
            var other => throw node.Error($"attribute keep_aspect_ratio_policy is '{other}'; stretch, not_larger and not_smaller are known"),
        };
        return axes.Select((axis, index) => kept is { } scale
            ? new Target(axis, scale, (long)MathF.Floor(scale * shape[axis] + 0.5f)) : new Target(axis, scales[index], sizes[index]));
    }

    private static int[] Axes(Node node, int rank) => node.Ints("axes")?.Select(axis => node.Axis(axis, rank)).ToArray() ?? [.. Enumerable.Range(0, rank)];
}
