using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>A text as a model read it, and as it is; symbol numbers.</summary>
internal sealed record Transcript(long[] Read, long[] Label)
{
    public static Transcript[] Of(Judged batch)
    {
        var labels = batch.Target!.to_type(ScalarType.Int64).contiguous(); // [examples, longest]
        var (label, longest) = (labels.data<long>().ToArray(), (int)labels.shape[1]);
        return [.. Texts(batch.Own).Select((text, i) => new Transcript(text, [.. label.AsSpan(i * longest, longest).ToArray().Where(symbol => symbol >= 0)]))];
    }

    /// <summary>What a model reads of each example.</summary>
    public static long[][] Texts(Reading reading)
    {
        var paths = Answers(reading.First);
        var (path, times) = (paths.contiguous().data<long>().ToArray(), (int)paths.shape[1]);
        return [.. Enumerable.Range(0, (int)paths.shape[0]).Select(i => Ctc.Decode(path.AsSpan(i * times, times)))];
    }

    /// <summary>The likeliest symbol at each time, [examples, times].</summary>
    private static Tensor Answers(Tensor scores) => scores.dim() == 3 ? scores.argmax(-1) : scores.gt(0).to_type(ScalarType.Int64);
}
