using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>SoftmaxCrossEntropyLoss</c>: the loss of scores [batch, classes, …] for labels [batch, …]; the optional second output is the
/// logarithm of the softmax.
/// </summary>
internal sealed class SoftmaxCrossEntropyLoss : LikelihoodLoss
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        if (inputs[0]!.dim() < 2) throw node.Error("its scores have no axis of classes; check the data's shape");
        var logarithms = inputs[0]!.log_softmax(1);
        return [Loss(node, logarithms, inputs[1]!, inputs.ElementAtOrDefault(2)), logarithms];
    }
}
