using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The share of examples whose text was read without a fault.</summary>
internal sealed class ExactMatch : Metric
{
    public override string Summary => "the share of texts that were read without a fault";

    public override bool NeedsLabels => true;

    internal override Tensor Of(Judged batch)
    {
        var right = tensor(Transcript.Of(batch).Select(text => text.Read.AsSpan().SequenceEqual(text.Label) ? 1.0 : 0).ToArray());
        return Rows(right, Each(right, 1));
    }
}
