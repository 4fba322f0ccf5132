using Secateur.Tasks;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The share of positions whose label is among the <paramref name="count"/> classes of the largest scores.</summary>
internal sealed class TopAccuracy(int count) : Metric
{
    public override string Summary => $"the share of answers whose {count} likeliest classes hold the label";

    public override bool NeedsLabels => true;

    internal override Tensor Of(Judged batch)
    {
        var (scores, labels) = (batch.Own.First, Positions.Of(batch.Target!));
        var likeliest = scores.topk((int)Math.Min(count, scores.shape[2]), -1).indexes; // [examples, positions, count]
        return Rows(likeliest.eq(labels.unsqueeze(-1)).any(-1).sum(1), labels.ne(Positions.Ignore).sum(1));
    }
}
