using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>DeformConv</c>: a convolution of X [N, C, H, W] by W [M, C/group, kh, kw] whose every kernel element reads beside its place
/// by an offset [N, offset_group·kh·kw·2, oH, oW] (down, right), times a mask [N, offset_group·kh·kw, oH, oW]; B [M].
/// </summary>
/// <remarks>Zhu et al., "Deformable ConvNets v2", CVPR 2019, eq. 1 (arXiv:1811.11168). Between elements X is interpolated; outside it is 0.</remarks>
internal sealed class DeformConv : Operator
{
    public override string WhyWhole => "slides a kernel over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, w, offset) = (inputs[0]!, inputs[1]!, inputs[2]!);
        var (bias, mask) = (inputs.Length > 3 ? inputs[3] : null, inputs.Length > 4 ? inputs[4] : null);
        if (x.dim() != 4) throw node.Error($"its input has {x.dim()} axes, pictures need 4; check the data's shape");
        var window = Window.OfConvolution(node, x.shape, w.shape);
        var (groups, group) = (node.Int("offset_group", 1), node.Int("group", 1));
        var (n, c, h, width, kernel) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3], window.Kernel.Product());
        var (rows, columns) = (Outputs(0, h), Outputs(1, width));
        if (groups < 1 || group < 1 || rows < 1 || columns < 1 || c % groups != 0 || w.shape[1] * group != c || w.shape[0] % group != 0
            || !offset.shape.AsSpan().SequenceEqual([n, groups * kernel * 2, rows, columns])
            || (mask is not null && !mask.shape.AsSpan().SequenceEqual([n, groups * kernel, rows, columns])))
            throw node.Error($"its weight [{string.Join(", ", w.shape)}] and offset [{string.Join(", ", offset.shape)}] do not fit [{string.Join(", ", x.shape)}]; check the data's shape");
        var beside = offset.reshape(n * groups, kernel, 2, rows, columns);
        var down = beside.select(2, 0) + Places(0, rows, vertical: true);
        var right = beside.select(2, 1) + Places(1, columns, vertical: false);
        // −1 and 1 are the outer edges of the first and last element
        var grid = stack([(2 * right + 1) / width - 1, (2 * down + 1) / h - 1], -1).reshape(n * groups, kernel * rows, columns, 2);
        var read = nn.functional.grid_sample(x.reshape(n * groups, c / groups, h, width), grid, GridSampleMode.Bilinear, GridSamplePaddingMode.Zeros, false)
            .reshape(n * groups, c / groups, kernel, rows, columns);
        if (mask is not null) read *= mask.reshape(n * groups, 1, kernel, rows, columns);
        return [nn.functional.conv2d(read.reshape(n, c * kernel, rows, columns), w.reshape(w.shape[0], -1, 1, 1), bias, groups: group)];

        long Outputs(int d, long size) => Math.Max(0, (size + window.Begin[d] + window.End[d] - window.Span(d)) / window.Strides[d] + 1);

        // where each element of the kernel reads without an offset, [kernel, rows or 1, columns or 1]
        Tensor Places(int d, long outputs, bool vertical)
        {
            var within = arange(window.Kernel[d], x.dtype) * window.Dilations[d];
            within = vertical ? within.repeat_interleave(window.Kernel[1]) : within.repeat([window.Kernel[0]]);
            var start = arange(outputs, x.dtype) * window.Strides[d] - window.Begin[d];
            return within.reshape(-1, 1, 1) + (vertical ? start.reshape(-1, 1) : start);
        }
    }

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Weight), new(3, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes) =>
        shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[1]].Skip(1).Aggregate(1L, (product, size) => product * size);

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, w, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        foreach (var input in (int[])[0, 2, 4])
        {
            if (!node.HasInput(input)) continue;
            ties.Add(new(node.Inputs[input], 0), new(y, 0));
            for (var axis = input == 0 ? 2 : 1; axis < 4; axis++) ties.Block(new Axis(node.Inputs[input], axis));
        }
        for (var axis = 2; axis < 4; axis++)
            foreach (var tensor in (string[])[w, y]) ties.Block(new Axis(tensor, axis));
        ties.Add(new(w, 0), new(y, 1));
        if (node.HasInput(3)) ties.Add(new(node.Inputs[3], 0), new(y, 1));
        Conv.TieGroups(node.Int("group", 1), new(x, 1), new(w, 1), new(y, 1), shapes, ties);
        if (node.Int("offset_group", 1) is var moved and > 1) ties.AddProduct(new(x, 1), moved, ties.Free(shapes[x][1] / moved)); // all that move together shrink alike
    }

    public override void Mend(Node node, Mending mending) => Conv.MendGroups(node, mending.Before(node.Inputs[1])[1], mending.After(node.Inputs[1])[1], mending);
}
