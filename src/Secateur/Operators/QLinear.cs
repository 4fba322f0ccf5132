using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>An operator of ONNX Runtime's on quantized operands, each followed by its scale and zero point: they are made floats, the result is quantized.</summary>
internal abstract class QLinear : Operator
{
    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var operands = Operands(inputs.Length).Select(place => Quantizer.Dequantize(inputs[place]!, Single(place + 1)!, Single(place + 2))).ToArray();
        var (scale, zero) = (Single(Result(inputs.Length))!, Single(Result(inputs.Length) + 1));
        return [Quantizer.Quantize(Apply(node, operands, mode), scale, zero, Quantizer.TypeOf(zero ?? inputs[Operands(inputs.Length)[0]]))];

        Tensor? Single(int place) => inputs.ElementAtOrDefault(place) is not { } parameter ? null : parameter.numel() == 1 ? parameter.reshape()
            : throw node.Error($"its input {place} has {parameter.numel()} elements, one scale or zero point is needed; export the model again");
    }

    /// <summary>As for an operator on each element: scales and zero points are one number each.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        foreach (var place in Operands(node.Inputs.Length)) ties.AddBroadcast(node.Inputs[place], node.Outputs[0]);
    }

    /// <summary>The places of the quantized operands among so many inputs.</summary>
    protected abstract int[] Operands(int inputs);

    /// <summary>The place of the result's scale; its zero point follows.</summary>
    protected abstract int Result(int inputs);

    protected abstract Tensor Apply(Node node, Tensor[] operands, Mode mode);

    /// <summary>Runs what wants the channels first on what may have them last, as <c>channels_last</c> says.</summary>
    protected static Tensor Around(Node node, Tensor x, Func<Tensor, Tensor> run) =>
        node.Flag("channels_last") && x.dim() > 1 ? run(x.movedim([-1L], [1L])).movedim([1L], [-1L]) : run(x);

    /// <summary>Ties examples and channels alone.</summary>
    protected static void TieChannels(Node node, Shapes shapes, Ties ties)
    {
        var (x, y) = (node.Inputs[0], node.Outputs[0]);
        var channels = node.Flag("channels_last") && shapes[x].Length > 1 ? shapes[x].Length - 1 : 1;
        ties.Add(new(x, 0), new(y, 0));
        ties.Add(new(x, channels), new(y, channels));
    }
}
