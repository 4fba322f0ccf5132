using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The share of examples of which the same text is read as by the first model, symbol for symbol, best path and blank 0.</summary>
internal sealed class TextAgreement : Metric
{
    public override string Summary => "the share of texts read as the dense model reads them (sequences of symbols, blank 0)";

    public override bool NeedsLabels => false;

    internal override Tensor Of(Judged batch)
    {
        var alike = tensor(Transcript.Texts(batch.Own).Zip(Transcript.Texts(batch.First), (own, first) => own.AsSpan().SequenceEqual(first) ? 1.0 : 0).ToArray());
        return Rows(alike, Each(alike, 1));
    }
}
