using Secateur.Execution;
using Secateur.Onnx;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>DequantizeLinear</c>: scale·(X − zero point), scales as of <see cref="QuantizeLinear"/>. A constant of integers stays as it is.</summary>
internal sealed class DequantizeLinear : LinearQuantization
{
    protected override Tensor Apply(Node node, Tensor x, Tensor scale, Tensor? zero)
    {
        var y = Quantizer.Dequantize(x, scale, zero);
        return node.Int("output_dtype") is > 0 and var type ? y.to(TorchTensors.TypeOf((DataType)type)) : y;
    }
}
