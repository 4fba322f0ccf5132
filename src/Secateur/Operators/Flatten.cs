using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Flatten</c>: X as a matrix, the axes before <c>axis</c> by those from it on.</summary>
internal sealed class Flatten : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [inputs[0]!.reshape(Flat(node, inputs[0]!.shape))];

    internal override Func<AxisLayout, AxisLayout?> Relayout(Node node, Func<int, long[]?> integers) => layout => layout.Reshaped(Flat(node, layout.Shape));

    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddReshape(node.Inputs[0], node.Outputs[0]);

    private static long[] Flat(Node node, long[] shape)
    {
        var axis = node.Int("axis", 1);
        var before = axis == shape.Length ? shape.Length : node.Axis(axis, shape.Length);
        return [shape[..before].Product(), shape[before..].Product()];
    }
}
