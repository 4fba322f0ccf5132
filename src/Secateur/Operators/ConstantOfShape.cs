using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>ConstantOfShape</c>: a tensor of the shape that the input holds, filled with <c>value</c> (one element; float32 0 unless
/// given).
/// </summary>
internal sealed class ConstantOfShape : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var shape = node.Ints(inputs[0]!);
        if (shape.Any(size => size < 0)) throw node.Error($"its shape is [{string.Join(", ", shape)}]; sizes of 0 or more are needed");
        node.Affordable(shape);
        if (node.Tensor("value") is not { } value) return [zeros(shape)];
        if (value.Count() != 1) throw node.Error($"attribute value has {value.Count()} elements; one is needed");
        return [full(shape, value.ToTorch().ToScalar(), TorchTensors.TypeOf(value.Type()))];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        for (var axis = 0; axis < shapes[node.Outputs[0]].Length; axis++) ties.Pass(new(node.Outputs[0], axis));
    }

    public override IEnumerable<int> Sizes(Node node) => [0];

    public override void Mend(Node node, Mending mending) => mending.Want(0, mending.After(node.Outputs[0]));
}
