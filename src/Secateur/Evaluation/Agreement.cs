namespace Secateur.Evaluation;

/// <summary>The share of answers that are the first model's; of the first model itself 1.</summary>
internal sealed class Agreement : Metric
{
    public override bool NeedsLabels => false;

    public override double Of(Answer answer) => answer.Predicted == answer.First ? 1 : 0;
}
