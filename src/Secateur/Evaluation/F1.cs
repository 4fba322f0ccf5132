using Secateur.Tasks;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The harmonic mean of precision and recall of all that is found, over all classes together (micro). Class 0 stands for nothing found.</summary>
internal sealed class F1 : Metric
{
    public override string Summary => "harmonic mean of precision and recall over all classes together, class 0 (or no) left out";

    public override bool NeedsLabels => true;

    internal override Tensor Of(Judged batch)
    {
        var labels = Positions.Of(batch.Target!);
        var found = Answers(batch.Own.First).where(labels.ne(Positions.Ignore), zeros_like(labels));
        return Rows(found.eq(labels).logical_and(found.gt(0)).sum(1), found.gt(0).sum(1), labels.gt(0).sum(1));
    }

    internal override double Value(Tensor rows)
    {
        var sums = rows.sum([0L]); // right, found, there
        var all = sums[1].item<double>() + sums[2].item<double>();
        return all == 0 ? 1 : 2 * sums[0].item<double>() / all;
    }
}
