using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>Symbols to insert, remove or change in what was read to make the label of it (Levenshtein), over the symbols of the labels.</summary>
internal sealed class CharacterErrorRate : Metric
{
    public override string Summary => "symbols that were read wrongly, over those of the labels";

    public override bool NeedsLabels => true;

    public override bool LowerIsBetter => true;

    internal override Tensor Of(Judged batch)
    {
        var texts = Transcript.Of(batch);
        return Rows(tensor(texts.Select(text => (double)Distance(text.Read, text.Label)).ToArray()), tensor(texts.Select(text => (double)text.Label.Length).ToArray()));
    }

    internal static int Distance(ReadOnlySpan<long> one, ReadOnlySpan<long> other)
    {
        var row = new int[other.Length + 1];
        for (var j = 0; j < row.Length; j++) row[j] = j;
        foreach (var symbol in one)
        {
            var diagonal = row[0]++;
            for (var j = 1; j < row.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (other[j - 1] == symbol ? 0 : 1)));
        }
        return row[^1];
    }
}
