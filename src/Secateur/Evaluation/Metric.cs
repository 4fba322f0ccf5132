using System.Collections.Frozen;
using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>What a metric sees of a batch.</summary>
/// <param name="Own">What the model answers.</param>
/// <param name="First">What the first (the dense) model answers.</param>
/// <param name="Target">What should be answered, [examples, …]; null without labels.</param>
internal sealed record Judged(Reading Own, Reading First, Tensor? Target);

/// <summary>A measure of quality. Of every example it keeps a few numbers; a value is made of those of any examples together, so it can be taken of all, of a class, of one.</summary>
public abstract class Metric
{
    public static FrozenDictionary<string, Metric> All { get; } = new Dictionary<string, Metric>
    {
        ["accuracy"] = new Accuracy(),
        ["top-5-accuracy"] = new TopAccuracy(5),
        ["f1"] = new F1(),
        ["map"] = new MeanAveragePrecision(),
        ["rmse"] = new RootMeanSquaredError(),
        ["mae"] = new MeanAbsoluteError(),
        ["r2"] = new ExplainedVariance(),
        ["perplexity"] = new Perplexity(),
        ["miou"] = new MeanIntersectionOverUnion(),
        ["cer"] = new CharacterErrorRate(),
        ["exact-match"] = new ExactMatch(),
        ["recall-at-1"] = new RetrievalRecall(1),
        ["recall-at-5"] = new RetrievalRecall(5),
        ["agreement"] = new Agreement(),
        ["text-agreement"] = new TextAgreement(),
        ["top-5-agreement"] = new TopAgreement(5),
        ["kl"] = new Divergence(),
        ["cosine"] = new CosineSimilarity(),
        ["relative-error"] = new RelativeError(),
    }.ToFrozenDictionary();

    /// <summary>One line for people.</summary>
    public abstract string Summary { get; }

    /// <summary>Whether it can be taken only where there are labels; otherwise it compares with the first model.</summary>
    public abstract bool NeedsLabels { get; }

    /// <summary>Whether less of it is better.</summary>
    public virtual bool LowerIsBetter => false;

    /// <summary>Whether it is a fraction in [0, 1], which people read in per cent.</summary>
    public virtual bool IsShare => true;

    /// <summary>What was lost from one value to another, in the metric's own unit; negative where it got better.</summary>
    public double Drop(double before, double after) => LowerIsBetter ? after - before : before - after;

    /// <summary>The numbers of each example of a batch.</summary>
    /// <returns>[examples, k], float64; k is the same in every batch.</returns>
    internal abstract Tensor Of(Judged batch);

    /// <summary>The value of some examples together.</summary>
    /// <param name="rows">Of at least one example, as <see cref="Of"/> gave them; unless told otherwise a sum and what it is divided by.</param>
    internal virtual double Value(Tensor rows)
    {
        var sums = rows.sum([0L]);
        var count = sums[1].item<double>();
        return count == 0 ? 0 : sums[0].item<double>() / count;
    }

    /// <summary>[examples, columns], float64, of tensors [examples].</summary>
    private protected static Tensor Rows(params Tensor[] columns) => stack([.. columns.Select(column => column.to_type(ScalarType.Float64))], 1);

    /// <summary>The answer at each position, [examples, positions]: the class of the largest score, or 1 for yes.</summary>
    private protected static Tensor Answers(Tensor scores) => scores.dim() == 3 ? scores.argmax(-1) : scores.gt(0).to_type(ScalarType.Int64);

    /// <summary>[examples], of one number for each.</summary>
    private protected static Tensor Each(Tensor like, double value) => full([like.shape[0]], value, ScalarType.Float64);
}
