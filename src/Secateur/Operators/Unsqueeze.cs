using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Unsqueeze</c>: X with axes of size 1 put in at <c>axes</c>, places in the result (an attribute before operator set 13, an
/// input since).
/// </summary>
internal sealed class Unsqueeze : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [inputs[0]!.reshape(Unsqueezed(node, inputs[0]!.shape, node.Ints("axes", inputs, 1) ?? throw node.Error("its axes are missing; export the model again")))];

    internal override Func<AxisLayout, AxisLayout?> Relayout(Node node, Func<int, long[]?> integers) => layout =>
        (integers(1) ?? node.Ints("axes")) is { } axes ? layout.Reshaped(Unsqueezed(node, layout.Shape, axes)) : null;

    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddReshape(node.Inputs[0], node.Outputs[0]);

    private static long[] Unsqueezed(Node node, long[] shape, long[] axes)
    {
        var put = axes.Select(axis => node.Axis(axis, shape.Length + axes.Length)).ToHashSet();
        if (put.Count != axes.Length) throw node.Error("its axes name one place twice; export the model again");
        var sizes = new Queue<long>(shape);
        return [.. Enumerable.Range(0, shape.Length + put.Count).Select(axis => put.Contains(axis) ? 1 : sizes.Dequeue())];
    }
}
