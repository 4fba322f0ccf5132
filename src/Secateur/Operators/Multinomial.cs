using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Multinomial</c>: <c>sample_size</c> classes for each row of unnormalized log-probabilities [batch, classes].</summary>
internal sealed class Multinomial : Sampling
{
    protected override Tensor Sample(Node node, Tensor?[] inputs, Generator generator)
    {
        var (scores, samples) = (inputs[0]!.detach(), node.Int("sample_size", 1));
        if (scores.dim() != 2 || scores.shape[1] == 0 || samples < 1 || !scores.isfinite().all().item<bool>())
            throw node.Error($"cannot draw {samples} classes by [{string.Join(", ", scores.shape)}]; finite scores [batch, classes] are needed, check the data");
        node.Affordable([scores.shape[0], samples]);
        return scores.softmax(1).multinomial(samples, replacement: true, generator).to(Type(node, ScalarType.Int32));
    }
}
