using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>Conv</c>: X [N, C, spatial…], W [M, C/group, kernel…], B [M]; one to three spatial dimensions.</summary>
internal sealed class Conv : Operator
{
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
        for (var axis = 2; axis < shapes[x].Length; axis++)
            foreach (var tensor in (string[])[x, w, y]) ties.Block(new Axis(tensor, axis));
        if (node.Int("group", 1) == 1) ties.Add(new(w, 1), new(x, 1));
        else if (shapes[w][1] == 1 && shapes[w][0] == node.Int("group", 1)) ties.Add(new(w, 0), new(x, 1)); // depthwise
        else
        {
            // groups must stay of one size: a channel of one cannot go alone
            foreach (var axis in (Axis[])[new(x, 1), new(w, 0), new(w, 1)]) ties.Block(axis);
        }
    }
}
