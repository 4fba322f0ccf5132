using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The mean distance between answers and labels, over all outputs.</summary>
internal sealed class MeanAbsoluteError : Metric
{
    public override string Summary => "mean absolute error";

    public override bool NeedsLabels => true;

    public override bool LowerIsBetter => true;

    public override bool IsShare => false;

    internal override Tensor Of(Judged batch)
    {
        var own = batch.Own.First.to_type(ScalarType.Float64);
        return Rows((own - batch.Target!.reshape(own.shape)).abs().mean([1]), Each(own, 1));
    }
}
