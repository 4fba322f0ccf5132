using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>QLinearAveragePool</c>: AveragePool of X, quantized; with <c>channels_last</c> the channels are the last axis.</summary>
internal sealed class QLinearAveragePool : QLinear
{
    public override string WhyWhole => "pools over it";

    private readonly AveragePool pool = new();

    protected override int[] Operands(int inputs) => [0];

    protected override int Result(int inputs) => 3;

    protected override Tensor Apply(Node node, Tensor[] operands, Mode mode) => Around(node, operands[0], x => pool.Run(node, [x], mode)[0]);

    public override void Tie(Node node, Shapes shapes, Ties ties) => TieChannels(node, shapes, ties);
}
