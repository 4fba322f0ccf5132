using Secateur.Tasks;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The share of positions where the answer is the first model's: the class of the largest score, or yes and no. Of the first model itself 1.</summary>
/// <remarks>An output counts by the share of its own positions, however many it has.</remarks>
internal sealed class Agreement : Metric
{
    public override string Summary => "the share of answers, at every position, that are the dense model's";

    public override bool NeedsLabels => false;

    internal override Tensor Of(Judged batch)
    {
        var shares = batch.Own.All.Zip(batch.First.All).Where(pair => pair.First.Form.Kind is OutputKind.Classes or OutputKind.Switches)
            .Select(pair => Answers(pair.First.Tensor).eq(Answers(pair.Second.Tensor)).to_type(ScalarType.Float64).mean([1])).ToArray();
        // values have no answers that could be the same
        var own = batch.Own.First;
        return shares.Length == 0 ? new CosineSimilarity().Of(batch) : Rows(stack(shares, 0).mean([0]), Each(own, 1));
    }
}
