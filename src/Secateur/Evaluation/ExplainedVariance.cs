using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>R²: 1 less the squared error over the labels' variance, the mean over outputs whose labels vary.</summary>
internal sealed class ExplainedVariance : Metric
{
    public override string Summary => "R²: the share of the labels' variance that the answers explain, the mean over outputs";

    public override bool NeedsLabels => true;

    public override bool IsShare => false;

    internal override Tensor Of(Judged batch)
    {
        var own = batch.Own.First.to_type(ScalarType.Float64);
        return cat([own, batch.Target!.reshape(own.shape).to_type(ScalarType.Float64)], 1);
    }

    internal override double Value(Tensor rows)
    {
        var outputs = rows.shape[1] / 2;
        var (answers, labels) = (rows.narrow(1, 0, outputs), rows.narrow(1, outputs, outputs));
        var (error, variance) = ((answers - labels).square().sum([0L]), (labels - labels.mean([0], keepdim: true)).square().sum([0L]));
        var varying = variance.gt(0);
        return varying.any().item<bool>() ? (1 - error / variance.clamp_min(1e-300)).masked_select(varying).mean().item<double>() : 0;
    }
}
