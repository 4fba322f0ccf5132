using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The root of the mean squared distance between answers and labels, over all outputs.</summary>
internal sealed class RootMeanSquaredError : Metric
{
    public override string Summary => "root of the mean squared error";

    public override bool NeedsLabels => true;

    public override bool LowerIsBetter => true;

    public override bool IsShare => false;

    internal override Tensor Of(Judged batch)
    {
        var own = batch.Own.First.to_type(ScalarType.Float64);
        return Rows((own - batch.Target!.reshape(own.shape)).square().mean([1]), Each(own, 1));
    }

    internal override double Value(Tensor rows) => Math.Sqrt(base.Value(rows));
}
