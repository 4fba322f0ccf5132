using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Dropout</c>: Y = X; in training, where the node has a ratio, that share of X becomes 0 and the rest is scaled by 1/(1 −
/// ratio).
/// </summary>
/// <remarks>
/// Draws from LibTorch's global generator. The ratio is an attribute before operator set 12, an input since; a third
/// input drops in use as well. The optional second output says what was kept.
/// </remarks>
internal sealed class Dropout : Operator
{
    internal override bool Repeats => false;

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var always = inputs is [_, _, { } flag, ..] && flag.to(ScalarType.Bool).all().item<bool>();
        double ratio = !mode.Training && !always ? 0 : inputs is [_, { } share, ..] ? share.to(ScalarType.Float64).item<double>()
            : node.Float("ratio", always ? 0.5f : 0);
        if (ratio is < 0 or >= 1) throw node.Error($"its ratio is {ratio}; a share of at least 0 and below 1 is needed, export the model again");
        if (node.Outputs.Length == 1) return [ratio > 0 ? nn.functional.dropout(x, ratio) : x.alias()];
        var kept = rand(x.shape).ge(ratio);
        return [ratio > 0 ? x * kept / (1 - ratio) : x.alias(), node.Opset < 10 ? kept.to(x.dtype) : kept];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        foreach (var output in node.Outputs.Where(shapes.Has)) ties.AddAll(node.Inputs[0], output);
    }
}
