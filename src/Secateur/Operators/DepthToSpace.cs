using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>DepthToSpace</c>: X [N, C, H, W] to Y [N, C/b², H·b, W·b], blocks of b = <c>blocksize</c>; <c>mode</c> says whether the
/// block (DCR) or the channel (CRD) comes first in depth.
/// </summary>
internal sealed class DepthToSpace : Operator
{
    public override string WhyWhole => "makes blocks of pictures along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, block) = (inputs[0]!, node.Int("blocksize"));
        if (x.dim() != 4 || block < 1 || x.shape[1] % (block * block) != 0)
            throw node.Error($"cannot spread the channels of [{string.Join(", ", x.shape)}] over blocks of {block}x{block}; check the data's shape");
        var (n, c, h, w) = (x.shape[0], x.shape[1] / (block * block), x.shape[2], x.shape[3]);
        var blocks = node.Text("mode", "DCR") == "DCR"
            ? x.reshape(n, block, block, c, h, w).permute(0, 3, 4, 1, 5, 2)
            : x.reshape(n, c, block, block, h, w).permute(0, 1, 4, 2, 5, 3); // [n, c, h, block, w, block]
        return [blocks.reshape(n, c, h * block, w * block)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y, block) = (node.Inputs[0], node.Outputs[0], node.Int("blocksize", 1));
        ties.Add(new(x, 0), new(y, 0));
        if (node.Text("mode", "DCR") == "CRD") ties.AddProduct(new(x, 1), new Axis(y, 1), block * block);
        else ties.AddProduct(new(x, 1), block * block, new Axis(y, 1));
    }
}
