using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The mean over classes that occur of the pixels that both have over those that either has.</summary>
internal sealed class MeanIntersectionOverUnion : Metric
{
    public override string Summary => "mean over classes of the pixels that answer and label share, over those of either";

    public override bool NeedsLabels => true;

    internal override Tensor Of(Judged batch)
    {
        var labels = Positions.Of(batch.Target!);
        var counts = labels.ne(Positions.Ignore);
        var answers = Answers(batch.Own.First).where(counts, full_like(labels, Positions.Ignore));
        var classes = batch.Own.First.dim() == 3 ? batch.Own.First.shape[2] : 2;
        List<Tensor> both = [], either = [];
        for (var number = 0L; number < classes; number++)
        {
            var (one, other) = (answers.eq(number), labels.eq(number));
            both.Add(one.logical_and(other).sum(1));
            either.Add(one.logical_or(other).sum(1));
        }
        return Rows([.. both, .. either]);
    }

    internal override double Value(Tensor rows)
    {
        var sums = rows.sum([0L]);
        var classes = sums.shape[0] / 2;
        var (both, either) = (sums.narrow(0, 0, classes), sums.narrow(0, classes, classes));
        var present = either.gt(0);
        return present.any().item<bool>() ? (both / either.clamp_min(1)).masked_select(present).mean().item<double>() : 0;
    }
}
