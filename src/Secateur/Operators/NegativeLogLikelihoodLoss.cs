using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>NegativeLogLikelihoodLoss</c>: the loss of log-probabilities [batch, classes, …] for labels [batch, …].</summary>
internal sealed class NegativeLogLikelihoodLoss : LikelihoodLoss
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => [Loss(node, inputs[0]!, inputs[1]!, inputs.ElementAtOrDefault(2))];
}
