using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The distance of an example's outputs from the first model's, over the length of the first's (Euclidean), the mean over examples and outputs.</summary>
internal sealed class RelativeError : Metric
{
    public override string Summary => "distance of the outputs from the dense model's, over their length";

    public override bool NeedsLabels => false;

    public override bool LowerIsBetter => true;

    public override bool IsShare => false;

    internal override Tensor Of(Judged batch)
    {
        var errors = batch.Own.All.Zip(batch.First.All).Select(pair =>
        {
            var (own, first) = (pair.First.Tensor.flatten(1).to_type(ScalarType.Float64), pair.Second.Tensor.flatten(1).to_type(ScalarType.Float64));
            return (own - first).square().sum(1).sqrt() / first.square().sum(1).sqrt().clamp_min(1e-300);
        }).ToArray();
        return Rows(stack(errors, 0).mean([0]), Each(batch.Own.First, 1));
    }
}
