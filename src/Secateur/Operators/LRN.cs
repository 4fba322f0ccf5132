using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>LRN</c>: Y = X / (bias + alpha/size · Σx²)^beta, the sum over <c>size</c> neighbouring channels.</summary>
/// <remarks>Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012, sec. 3.3.</remarks>
internal sealed class LRN : Operator
{
    public override string WhyWhole => "normalizes over neighbours along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, size) = (inputs[0]!, node.Int("size"));
        if (x.dim() < 3 || size < 1)
            throw node.Error($"its input has {x.dim()} axes and its size is {size}; 3 axes and a size of 1 are the least, check the data's shape");
        var (before, after) = ((size - 1) / 2, size - 1 - (size - 1) / 2);
        // channels as the rows of an image, so that one pooling sums over them
        var squares = x.square().reshape(x.shape[0], 1, x.shape[1], -1);
        var padded = nn.functional.pad(squares, [0, 0, before, after], TorchSharp.PaddingModes.Constant, 0);
        var mean = nn.functional.avg_pool2d(padded, [size, 1], [1, 1]).reshape(x.shape);
        return [x * (node.Float("bias", 1) + node.Float("alpha", 1e-4f) * mean).pow(-node.Float("beta", 0.75f))];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        ties.Block(new Axis(node.Inputs[0], 1)); // a channel fewer is another sum for its neighbours
    }
}
