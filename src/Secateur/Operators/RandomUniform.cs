using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>RandomUniform</c> and <c>RandomUniformLike</c>: numbers from <c>low</c> to <c>high</c>, each as likely.</summary>
internal sealed class RandomUniform : Sampling
{
    protected override Tensor Sample(Node node, Tensor?[] inputs, Generator generator)
    {
        var (low, high) = (node.Float("low"), node.Float("high", 1));
        if (!(low <= high)) throw node.Error($"cannot draw from {low} to {high}; export the model again");
        return Room(node, inputs).uniform_(low, high, generator);
    }
}
