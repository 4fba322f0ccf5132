using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tasks;

/// <summary>A text of symbols read out of a longer sequence, by connectionist temporal classification. Symbol 0 is the blank.</summary>
/// <remarks>Graves et al., "Connectionist Temporal Classification", ICML 2006; decoding takes the best path (sec. 3.2).</remarks>
internal sealed class Ctc : Task
{
    public const long Blank = 0;

    public override string Summary => "a text of symbols, blank 0 between them (OCR, speech); labels are texts, or symbol numbers [N, longest] filled up with -1";

    public override ImmutableArray<string> Metrics => ["cer", "exact-match"];

    internal override ImmutableArray<OutputForm> Forms(Graph graph) => FirstAs(graph, OutputKind.Classes, axis: 2);

    internal override string? Suits(Graph graph, Tensor? labels, Examples examples) =>
        labels is not null && !labels.is_floating_point() && labels.dim() == 2 && labels.shape[1] > 1 && graph.Outputs[0].Shape is [_, var times, _]
            && (times is { } known ? known != labels.shape[1] : labels.lt(0).any().item<bool>()) && !labels.eq(Blank).any().item<bool>()
            ? "the data has a text of symbols for each example" : null;

    internal override void Check(Reading reading, Tensor target, string model)
    {
        if (target.dim() != 2) throw new SecateurException($"{model}: labels of the task ctc are texts or symbol numbers [N, longest], the data has [{string.Join(", ", target.shape)}]");
        var most = target.max().to_type(ScalarType.Int64).item<long>();
        if (most >= reading.First.shape[2])
            throw new SecateurException($"{model}: symbol {most} is none of its {reading.First.shape[2]}; number them from 1, 0 is the blank");
        if (target.eq(Blank).any().item<bool>()) throw new SecateurException($"{model}: a label holds symbol 0, which is the blank; number symbols from 1 and fill up with -1");
    }

    /// <summary>The mean over examples; of one whose text cannot be in so short a sequence 0.</summary>
    internal override Tensor Loss(Reading reading, Tensor target)
    {
        var (examples, times) = (reading.First.shape[0], reading.First.shape[1]);
        var labels = target.to_type(ScalarType.Int64);
        var lengths = labels.ge(0).sum(1); // [examples]
        var logs = functional.log_softmax(reading.First, 2).transpose(0, 1); // [times, examples, symbols]
        return functional.ctc_loss(logs, labels.clamp_min(0), full([examples], times, ScalarType.Int64), lengths, blank: Blank, zero_infinity: true, reduction: Reduction.Sum) / examples;
    }

    /// <summary>The symbols that a sequence stands for: the likeliest at each time, repeats and blanks dropped.</summary>
    /// <param name="path">Of each time the likeliest.</param>
    public static long[] Decode(ReadOnlySpan<long> path)
    {
        List<long> symbols = [];
        var before = Blank;
        foreach (var symbol in path)
        {
            if (symbol != before && symbol != Blank) symbols.Add(symbol);
            before = symbol;
        }
        return [.. symbols];
    }
}
