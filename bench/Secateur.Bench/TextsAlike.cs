using Secateur.Data;
using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Tasks;
using static TorchSharp.torch;

namespace Secateur.Bench;

/// <summary>How many texts two recognizers read alike, symbol for symbol, and with spaces left out.</summary>
/// <remarks>PaddleOCR's own metric leaves spaces out unless told otherwise: RecMetric in its ppocr/metrics/rec_metric.py has <c>ignore_space=True</c>.</remarks>
/// <param name="Strict">Of the first texts, those alike symbol for symbol.</param>
/// <param name="Spaceless">Of the first texts, those alike but for spaces.</param>
/// <param name="AllStrict">The same of all texts.</param>
/// <param name="AllSpaceless">Likewise.</param>
/// <param name="All">How many texts there are.</param>
internal sealed record TextsAlike(int Strict, int Spaceless, int AllStrict, int AllSpaceless, int All)
{
    /// <param name="dense">The model that is compared with.</param>
    /// <param name="pruned">Its answers have the same shape.</param>
    /// <param name="examples">Pictures of lines.</param>
    /// <param name="first">How many of them count as the first.</param>
    /// <param name="threads">Of ONNX Runtime.</param>
    public static TextsAlike Of(string dense, string pruned, Examples examples, int first, int threads)
    {
        var (one, other) = (Read(dense, examples, threads), Read(pruned, examples, threads));
        var strict = one.Zip(other, (a, b) => a.Symbols.SequenceEqual(b.Symbols)).ToArray();
        var spaceless = one.Zip(other, (a, b) => a.Symbols.Where(symbol => symbol != a.Space).SequenceEqual(b.Symbols.Where(symbol => symbol != b.Space))).ToArray();
        return new(strict.Take(first).Count(alike => alike), spaceless.Take(first).Count(alike => alike), strict.Count(alike => alike), spaceless.Count(alike => alike), strict.Length);
    }

    /// <summary>By example the symbols that are read, and which of them is the space: the last, which PaddleOCR adds to the file of symbols.</summary>
    private static (long[] Symbols, long Space)[] Read(string path, Examples examples, int threads)
    {
        using var model = new OrtModel(path, threads);
        var binding = Binding.Of(OnnxModel.Load(path).Graph, examples);
        var texts = new (long[], long)[examples.Count];
        foreach (var batch in new Batches(examples, binding, 16).InOrder())
        {
            using var scope = NewDisposeScope();
            var scores = model.Run(binding.Bind(examples.Read(batch.Indices)))[0]; // [examples, times, symbols]
            var paths = scores.argmax(2);
            for (var place = 0; place < batch.Real; place++) texts[batch.Indices[place]] = (Ctc.Decode(paths[place].data<long>().ToArray()), scores.shape[2] - 1);
        }
        return texts;
    }
}
