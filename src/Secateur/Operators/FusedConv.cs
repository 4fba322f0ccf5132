using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>FusedConv</c>: a Conv, to whose result a fourth input Z may be added, then the function that <c>activation</c>
/// names with <c>activation_params</c>.
/// </summary>
internal sealed class FusedConv : Operator
{
    public override string WhyWhole => "slides a kernel over it";

    private readonly Conv conv = new();

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var y = conv.Run(node, inputs, mode)[0];
        var sum = inputs is [_, _, _, { } z] ? y + z : y;
        return [node.Has("activation") ? NamedActivation.Apply(node, sum, node.Floats("activation_params") ?? []) : sum];
    }

    public override IEnumerable<Learned> Learned(Node node) => conv.Learned(node);

    public override long Macs(Node node, Shapes shapes) => conv.Macs(node, shapes);

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        conv.Tie(node, shapes, ties);
        if (!node.HasInput(3)) return;
        ties.AddBroadcast(node.Inputs[3], node.Outputs[0]);
        for (var axis = 2; axis < shapes[node.Outputs[0]].Length; axis++) ties.Block(new Axis(node.Outputs[0], axis));
    }

    public override void Mend(Node node, Mending mending) => conv.Mend(node, mending);
}
