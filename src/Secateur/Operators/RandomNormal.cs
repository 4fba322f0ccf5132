using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>RandomNormal</c> and <c>RandomNormalLike</c>: normal numbers of a <c>mean</c> and deviation <c>scale</c>.</summary>
internal sealed class RandomNormal : Sampling
{
    protected override Tensor Sample(Node node, Tensor?[] inputs, Generator generator) => node.Float("scale", 1) is >= 0 and var scale
        ? Room(node, inputs).normal_(node.Float("mean"), scale, generator)
        : throw node.Error("its scale is below 0; export the model again");
}
