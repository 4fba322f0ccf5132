using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>QuantizeLinear</c>: round(X / scale) + zero point, with one scale, one for each index of <c>axis</c>, or one for each
/// <c>block_size</c> indices of it.
/// </summary>
/// <remarks>In training the result stays a float, with a straight-through gradient: a model of QuantizeLinear and DequantizeLinear can be fine-tuned.</remarks>
internal sealed class QuantizeLinear : LinearQuantization
{
    protected override Tensor Apply(Node node, Tensor x, Tensor scale, Tensor? zero)
    {
        var type = node.Has("output_dtype") && node.Int("output_dtype") > 0 ? (DataType)node.Int("output_dtype")
            : node.TypeOf(2) is { } stated and not DataType.Undefined ? stated : Quantizer.TypeOf(zero);
        if (Float8.Of(type) is { } format) return format.Round(x / scale, node.Flag("saturate", true));
        return Quantizer.Quantize(x.is_floating_point() ? x : x.to(scale.dtype), scale, zero, type);
    }

    /// <summary>A weight in float32 that is quantized when it is used.</summary>
    public override IEnumerable<Learned> Learned(Node node)
    {
        yield return new(0, LearnedKind.Bias, Rank: 1);
        for (var rank = 2; rank <= 5; rank++)
        {
            var axis = node.Int("axis");
            yield return new(0, LearnedKind.Weight, (int)(axis < 0 ? axis + rank : axis) is >= 0 and var outputs && outputs < rank ? outputs : 0, rank);
        }
    }
}
