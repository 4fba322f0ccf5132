using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Bernoulli</c>: 1 with the probability that each element of X is, else 0.</summary>
internal sealed class Bernoulli : Sampling
{
    protected override Tensor Sample(Node node, Tensor?[] inputs, Generator generator)
    {
        var chances = inputs[0]!.detach();
        return empty(chances.shape, chances.dtype).uniform_(0, 1, generator).lt(chances).to(Type(node, chances.dtype));
    }
}
