using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>GlobalAveragePool</c>: the mean of each channel.</summary>
internal sealed class GlobalAveragePool : GlobalPooling
{
    protected override Tensor Apply(Node node, Tensor x, long[] spatial) => x.mean(spatial, keepdim: true);
}
