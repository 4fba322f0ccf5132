using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>GlobalMaxPool</c>: the maximum of each channel.</summary>
internal sealed class GlobalMaxPool : GlobalPooling
{
    protected override Tensor Apply(Node node, Tensor x, long[] spatial) => x.amax(spatial, keepdim: true);
}
