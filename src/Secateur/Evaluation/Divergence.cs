using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>How far answers are from the first model's, as it is taught: the Kullback–Leibler divergence of classes and switches, the relative squared error of values.</summary>
internal sealed class Divergence : Metric
{
    public override string Summary => "Kullback-Leibler divergence from the dense model's answers; of values the relative squared error";

    public override bool NeedsLabels => false;

    public override bool LowerIsBetter => true;

    public override bool IsShare => false;

    // one by one, since the loss is a mean over all positions of a batch
    internal override Tensor Of(Judged batch)
    {
        var own = batch.Own.First;
        var each = Enumerable.Range(0, (int)batch.Own.Examples).Select(i => Distillation.Loss(batch.Own.Only(i), batch.First.Only(i), 1).item<float>()).ToArray();
        return Rows(tensor(each), Each(own, 1));
    }
}
