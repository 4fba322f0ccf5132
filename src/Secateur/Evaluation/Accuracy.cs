namespace Secateur.Evaluation;

/// <summary>The share of examples whose predicted class is the label.</summary>
internal sealed class Accuracy : Metric
{
    public override bool NeedsLabels => true;

    public override double Of(Answer answer) => answer.Predicted == answer.Expected ? 1 : 0;
}
