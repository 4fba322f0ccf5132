using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>CastLike</c>: the first input's elements as the second's type, texts among them.</summary>
internal sealed class CastLike : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [node.TypeOf(1) is { } type && type != DataType.Undefined ? (Tensor)Cast.To(node, inputs[0]!, type) : inputs[0]!.to(inputs[1]!.dtype)];

    internal override IDisposable[] RunValues(Node node, IDisposable?[] inputs, Mode mode, Subgraph run) => (inputs[0], inputs[1]) switch
    {
        ({ } x, Texts) => [Cast.To(node, x, DataType.String)],
        (Texts texts, Tensor like) => [texts.ToNumbers(node, like.dtype)],
        _ => base.RunValues(node, inputs, mode, run),
    };

    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddAll(node.Inputs[0], node.Outputs[0]);
}
