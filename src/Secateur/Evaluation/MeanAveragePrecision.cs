using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The mean over classes of the average precision: of the examples in order of their scores, the mean precision at each that has the class.</summary>
internal sealed class MeanAveragePrecision : Metric
{
    public override string Summary => "mean over classes of the average precision of examples sorted by their scores";

    public override bool NeedsLabels => true;

    internal override Tensor Of(Judged batch) =>
        cat([batch.Own.First.to_type(ScalarType.Float64), batch.Target!.reshape(batch.Own.First.shape).to_type(ScalarType.Float64)], 1);

    internal override double Value(Tensor rows)
    {
        var classes = rows.shape[1] / 2;
        var order = rows.narrow(1, 0, classes).argsort(0, descending: true);
        var labels = rows.narrow(1, classes, classes).gather(0, order); // [examples, classes], the likeliest first
        var precision = labels.cumsum(0) / arange(1, rows.shape[0] + 1, ScalarType.Float64).unsqueeze(1);
        var counts = labels.sum([0L]);
        var present = counts.gt(0);
        return present.any().item<bool>() ? ((precision * labels).sum([0L]) / counts.clamp_min(1)).masked_select(present).mean().item<double>() : 0;
    }
}
