using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>Conv</c>: X [N, C, spatial…], W [M, C/group, kernel…], B [M]; one to three spatial dimensions.</summary>
internal sealed class Conv : Operator
{
    public override string WhyWhole => "slides a kernel over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, w, b) = (inputs[0]!, inputs[1]!, inputs.Length > 2 ? inputs[2] : null);
        var window = Window.OfConvolution(node, x.shape, w.shape);
        if (window.IsSymmetric) return [Convolve(x, w, b, window, node.Int("group", 1))];
        var padded = functional.pad(x, window.TorchPadding, TorchSharp.PaddingModes.Constant, 0);
        return [Convolve(padded, w, b, window.Unpadded, node.Int("group", 1))];
    }

    /// <summary>With symmetric padding, which LibTorch takes itself, in one to three spatial dimensions.</summary>
    internal static Tensor Convolve(Tensor x, Tensor w, Tensor? b, Window window, long group) => window.Rank switch
    {
        1 => functional.conv1d(x, w, b, window.Strides[0], window.Begin[0], window.Dilations[0], group),
        2 => functional.conv2d(x, w, b, window.Strides, window.Begin, window.Dilations, group),
        _ => functional.conv3d(x, w, b, window.Strides, window.Begin, window.Dilations, group),
    };

    public override IEnumerable<Learned> Learned(Node node) => [new(1, LearnedKind.Weight), new(2, LearnedKind.Bias)];

    public override long Macs(Node node, Shapes shapes) =>
        shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[1]].Skip(1).Aggregate(1L, (product, size) => product * size);

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, w, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        ties.Add(new(x, 0), new(y, 0));
        ties.Add(new(w, 0), new(y, 1));
        if (node.HasInput(2)) ties.Add(new(node.Inputs[2], 0), new(y, 1));
        TieGroups(node.Int("group", 1), new(x, 1), new(w, 1), new(y, 1), shapes, ties);
    }

    public override void Mend(Node node, Mending mending) => MendGroups(node, mending.Before(node.Inputs[1])[1], mending.After(node.Inputs[1])[1], mending);

    /// <summary>Input channels are groups of the kernel's, output channels as many groups: a whole group can go, or the same channel of each.</summary>
    /// <param name="groups">Of the convolution.</param>
    /// <param name="into">The axis of the input's channels.</param>
    /// <param name="kernel">The kernel's axis that counts those of one group.</param>
    /// <param name="outOf">The axis of the output's channels.</param>
    /// <param name="zero">Of a quantized kernel.</param>
    internal static void TieGroups(long groups, Axis into, Axis kernel, Axis outOf, Shapes shapes, Ties ties, Zero? zero = null)
    {
        if (groups == 1)
        {
            ties.Contract(into, kernel, zero);
            return;
        }
        var group = ties.Free(groups);
        ties.AddProduct(into, group, kernel);
        ties.AddProduct(outOf, group, ties.Free(shapes[outOf.Tensor][outOf.Index] / groups));
        if (shapes[kernel.Tensor][kernel.Index] > 1) ties.Sum(kernel, zero);
    }

    /// <summary>As many groups as the input's channels fill.</summary>
    internal static void MendGroups(Node node, long before, long after, Mending mending, int channels = 1)
    {
        var group = mending.After(node.Inputs[0])[channels] / after;
        if (group != mending.Before(node.Inputs[0])[channels] / before) mending.Want("group", group);
    }
}
