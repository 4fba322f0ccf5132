using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ConvInteger</c>: the convolution of X − zero point by W − zero points, in int32.</summary>
internal sealed class ConvInteger : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [IntegerProduct.Whole(IntegerProduct.Conv(node, inputs[0]!, inputs.ElementAtOrDefault(2), inputs[1]!, inputs.ElementAtOrDefault(3)))];

    public override long Macs(Node node, Shapes shapes) =>
        shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[1]].Skip(1).Aggregate(1L, (product, size) => product * size);
}
