using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>SpaceToDepth</c>: X [N, C, H, W] to Y [N, b²·C, H/b, W/b], blocks of b = <c>blocksize</c>, the place in the block first in
/// depth.
/// </summary>
internal sealed class SpaceToDepth : Operator
{
    public override string WhyWhole => "makes blocks of pictures along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, block) = (inputs[0]!, node.Int("blocksize"));
        if (x.dim() != 4 || block < 1 || x.shape[2] % block != 0 || x.shape[3] % block != 0)
            throw node.Error($"cannot cut [{string.Join(", ", x.shape)}] into blocks of {block}x{block}; check the data's shape");
        var (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2] / block, x.shape[3] / block);
        return [x.reshape(n, c, h, block, w, block).permute(0, 3, 5, 1, 2, 4).reshape(n, c * block * block, h, w)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y, block) = (node.Inputs[0], node.Outputs[0], node.Int("blocksize", 1));
        ties.Add(new(x, 0), new(y, 0));
        ties.AddProduct(new(y, 1), block * block, new Axis(x, 1));
    }
}
