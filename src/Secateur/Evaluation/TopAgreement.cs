using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The share of positions where the first model's class is among the <paramref name="count"/> of the largest scores; of switches as <see cref="Agreement"/>.</summary>
internal sealed class TopAgreement(int count) : Metric
{
    public override string Summary => $"the share of answers whose {count} likeliest classes hold the dense model's";

    public override bool NeedsLabels => false;

    internal override Tensor Of(Judged batch)
    {
        var shares = batch.Own.All.Zip(batch.First.All).Where(pair => pair.First.Form.Kind == OutputKind.Classes).Select(pair =>
        {
            var scores = pair.First.Tensor;
            var likeliest = scores.topk((int)Math.Min(count, scores.shape[2]), -1).indexes;
            return likeliest.eq(pair.Second.Tensor.argmax(-1, keepdim: true)).any(-1).to_type(ScalarType.Float64).mean([1]);
        }).ToArray();
        return shares.Length == 0 ? new Agreement().Of(batch) : Rows(stack(shares, 0).mean([0]), Each(batch.Own.First, 1));
    }
}
