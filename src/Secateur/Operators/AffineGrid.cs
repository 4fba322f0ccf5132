using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>AffineGrid</c>: the places that an affine map theta [N, d, d + 1] gives to each element of a picture of size [N, C,
/// spatial…], for <c>GridSample</c>; d is 2 or 3.
/// </summary>
internal sealed class AffineGrid : Operator
{
    public override string WhyWhole => "makes a grid of it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (theta, size) = (inputs[0]!, node.Ints(inputs[1]!));
        var d = size.Length - 2;
        if (d is not (2 or 3) || !theta.shape.AsSpan().SequenceEqual([size[0], d, d + 1]) || Array.Exists(size, one => one < 1))
            throw node.Error($"its theta [{string.Join(", ", theta.shape)}] does not fit pictures [{string.Join(", ", size)}]; check the data's shape");
        node.Affordable(size);
        return [nn.functional.affine_grid(theta, size, node.Flag("align_corners"))];
    }
}
