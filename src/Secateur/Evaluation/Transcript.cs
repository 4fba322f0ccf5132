using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>A text as a model read it, and as it is; symbol numbers.</summary>
internal sealed record Transcript(long[] Read, long[] Label)
{
    public static Transcript[] Of(Judged batch)
    {
        var (paths, labels) = (batch.Own.First.argmax(-1), batch.Target!.to_type(ScalarType.Int64)); // [examples, times], [examples, longest]
        var (path, label) = (paths.data<long>().ToArray(), labels.contiguous().data<long>().ToArray());
        var (times, longest) = ((int)paths.shape[1], (int)labels.shape[1]);
        return [.. Enumerable.Range(0, (int)paths.shape[0]).Select(i => new Transcript(
            Ctc.Decode(path.AsSpan(i * times, times)), [.. label.AsSpan(i * longest, longest).ToArray().Where(symbol => symbol >= 0)]))];
    }
}
