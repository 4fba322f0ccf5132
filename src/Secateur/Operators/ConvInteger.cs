using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>ConvInteger</c>: the convolution of X − zero point by W − zero points, in int32.</summary>
internal sealed class ConvInteger : Operator
{
    public override string WhyWhole => "slides a kernel over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        [IntegerProduct.Whole(IntegerProduct.Conv(node, inputs[0]!, inputs.ElementAtOrDefault(2), inputs[1]!, inputs.ElementAtOrDefault(3)))];

    public override long Macs(Node node, Shapes shapes) =>
        shapes.Elements(node.Outputs[0]) * shapes[node.Inputs[1]].Skip(1).Aggregate(1L, (product, size) => product * size);

    public override void Tie(Node node, Shapes shapes, Ties ties) => IntegerProduct.TieConv(node, shapes, ties, w: 1, zero: 3, channels: 1, each: [3]);

    public override void Mend(Node node, Mending mending) => Conv.MendGroups(node, mending.Before(node.Inputs[1])[1], mending.After(node.Inputs[1])[1], mending);
}
