using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>SpaceToDepth</c>: X [N, C, H, W] to Y [N, b²·C, H/b, W/b], blocks of b = <c>blocksize</c>, the place in the block first in
/// depth.
/// </summary>
internal sealed class SpaceToDepth : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, block) = (inputs[0]!, node.Int("blocksize"));
        if (x.dim() != 4 || block < 1 || x.shape[2] % block != 0 || x.shape[3] % block != 0)
            throw node.Error($"cannot cut [{string.Join(", ", x.shape)}] into blocks of {block}x{block}; check the data's shape");
        var (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2] / block, x.shape[3] / block);
        return [x.reshape(n, c, h, block, w, block).permute(0, 3, 5, 1, 2, 4).reshape(n, c * block * block, h, w)];
    }
}
