using Secateur.Tasks;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The share of positions (of a classifier's examples) whose predicted class is the label.</summary>
internal sealed class Accuracy : Metric
{
    public override string Summary => "the share of answers that are the label";

    public override bool NeedsLabels => true;

    internal override Tensor Of(Judged batch)
    {
        var labels = Positions.Of(batch.Target!);
        return Rows(Answers(batch.Own.First).eq(labels).sum(1), labels.ne(Positions.Ignore).sum(1));
    }
}
