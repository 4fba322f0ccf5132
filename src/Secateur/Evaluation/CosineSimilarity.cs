using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Evaluation;

/// <summary>The cosine between the outputs and the first model's, the mean over examples and outputs. Of classes it is between log-probabilities less their mean.</summary>
internal sealed class CosineSimilarity : Metric
{
    public override string Summary => "cosine between the outputs and the dense model's";

    public override bool NeedsLabels => false;

    internal override Tensor Of(Judged batch)
    {
        var cosines = batch.Own.All.Zip(batch.First.All).Select(pair => Between(pair.First.Tensor, pair.Second.Tensor)).ToArray();
        return Rows(stack(cosines, 0).mean([0]), Each(batch.Own.First, 1));
    }

    private static Tensor Between(Tensor one, Tensor other)
    {
        // logits are known up to a constant, which must not count
        if (one.dim() == 3) (one, other) = (one - one.mean([-1], keepdim: true), other - other.mean([-1], keepdim: true));
        return functional.cosine_similarity(one.flatten(1).to_type(ScalarType.Float64), other.flatten(1).to_type(ScalarType.Float64), 1);
    }
}
