using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Evaluation;

/// <summary>e to the mean cross-entropy of a token: among how many tokens the model hesitates.</summary>
internal sealed class Perplexity : Metric
{
    public override string Summary => "e to the mean cross-entropy of a token";

    public override bool NeedsLabels => true;

    public override bool LowerIsBetter => true;

    public override bool IsShare => false;

    internal override Tensor Of(Judged batch)
    {
        var (scores, labels) = (batch.Own.First, Positions.Of(batch.Target!));
        var each = functional.cross_entropy(scores.reshape(-1, scores.shape[2]), labels.reshape(-1), ignore_index: Positions.Ignore, reduction: Reduction.None);
        return Rows(each.reshape(labels.shape).to_type(ScalarType.Float64).sum(1), labels.ne(Positions.Ignore).sum(1));
    }

    internal override double Value(Tensor rows) => Math.Exp(base.Value(rows));
}
