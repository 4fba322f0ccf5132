using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>A pooling of X [N, C, spatial…] to Y [N, C, 1…].</summary>
internal abstract class GlobalPooling : Operator
{
    public override string WhyWhole => "pools over it";

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        if (x.dim() < 3) throw node.Error($"its input has {x.dim()} axes; pooling needs 3 or more, check the data's shape");
        return [Apply(node, x, [.. Enumerable.Range(2, (int)x.dim() - 2).Select(axis => (long)axis)])];
    }

    protected abstract Tensor Apply(Node node, Tensor x, long[] spatial);

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        ties.Add(new(x, 0), new(y, 0));
        ties.Add(new(x, 1), new(y, 1));
        for (var axis = 2; axis < shapes[x].Length; axis++) ties.Block(new Axis(x, axis));
    }
}
