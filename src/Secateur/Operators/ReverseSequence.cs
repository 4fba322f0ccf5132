using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>ReverseSequence</c>: of each example (along <c>batch_axis</c>) as many first steps (along <c>time_axis</c>) as
/// sequence_lens says, in reverse; the rest stay.
/// </summary>
internal sealed class ReverseSequence : Operator
{
    public override string WhyWhole => "turns it round";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, lengths) = (inputs[0]!, inputs[1]!.to(ScalarType.Int64));
        var (batch, time) = Axes(node, x.dim());
        var steps = x.shape[time];
        if (batch + time != 1 || lengths.dim() != 1 || lengths.shape[0] != x.shape[batch] || lengths.gt(steps).logical_or(lengths.lt(0)).any().item<bool>())
            throw node.Error($"its lengths do not fit {x.shape[batch]} examples of {steps} steps; check the data's shape");
        lengths = lengths.unsqueeze(1 - batch);
        var step = arange(steps, ScalarType.Int64).unsqueeze(1 - time);
        var source = where(step.lt(lengths), lengths - 1 - step, step); // axes 0 and 1 are batch and time, in the order they have in x
        return [x.gather(time, source.reshape([.. source.shape, .. Enumerable.Repeat(1L, (int)x.dim() - 2)]).expand(x.shape))];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (batch, time) = Axes(node, shapes[node.Inputs[0]].Length);
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        ties.Add(new(node.Inputs[1], 0), new(node.Inputs[0], batch));
        ties.Block(new Axis(node.Inputs[0], time));
    }

    private static (int Batch, int Time) Axes(Node node, long rank) => (node.Axis("batch_axis", 1, rank), node.Axis("time_axis", 0, rank));
}
