using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Constant</c> in its forms without a tensor: <c>value_float</c>, <c>value_int</c> (scalars), <c>value_floats</c>,
/// <c>value_ints</c> (vectors).
/// </summary>
internal sealed class Constant : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
    [
        node.Has("value_float") ? tensor(node.Float("value_float"))
        : node.Has("value_int") ? tensor(node.Int("value_int"))
        : node.Floats("value_floats") is { } floats ? tensor(floats)
        : node.Ints("value_ints") is { } ints ? tensor(ints)
        : throw node.Error("holds text or a sparse tensor, which cannot be computed with; save it as an initializer"),
    ];
}
