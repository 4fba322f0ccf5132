using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>TfIdfVectorizer</c> over numbers: how often each of the known sequences (n-grams) occurs in each row of X [length] or [batch, length].</summary>
/// <remarks>An n-gram may leave out up to <c>max_skip_count</c> numbers between each two of its own. Mode TF counts, IDF weighs what occurs, TFIDF does both.</remarks>
internal sealed class TfIdfVectorizer : Operator
{
    public override string WhyWhole => "counts words";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        if (x.dim() is not (1 or 2)) throw node.Error($"its input has {x.dim()} axes, 1 or 2 are needed; check the data's shape");
        var places = node.Ints("ngram_indexes") ?? [];
        var width = places.DefaultIfEmpty(-1).Max() + 1;
        if (Array.Exists(places, place => place < 0)) throw node.Error("an n-gram's place is below 0; export the model again");
        var (known, weights, weighing) = (Known(node, places), node.Floats("weights"), node.Text("mode", "TF"));
        var rows = x.dim() == 1 ? 1 : x.shape[0];
        var (values, length) = (node.Ints(x), rows == 0 ? 0 : (int)(x.numel() / rows));
        node.Affordable([rows, width]);
        var counts = new float[rows * width];
        for (var row = 0; row < rows; row++)
            foreach (var gram in Grams(node, values.AsMemory(row * length, length)))
                if (known.TryGetValue(gram, out var item)) counts[row * width + places[item]]++;
        if (weighing != "TF")
            foreach (var (item, place) in places.Index())
                for (var row = 0; row < rows; row++)
                {
                    ref var count = ref counts[row * width + place];
                    var weight = weights is not null && item < weights.Length ? weights[item] : 1;
                    count = weighing == "IDF" ? count > 0 ? weight : 0 : count * weight;
                }
        return [tensor(counts).reshape(x.dim() == 1 ? [width] : [rows, width])];
    }

    /// <summary>The pool's n-grams by what they read, with their number.</summary>
    private static Dictionary<string, int> Known(Node node, long[] places)
    {
        if (node.Ints("pool_int64s") is not { } pool) throw node.Error("looks for text, which cannot be computed with; cut the node off and export the model again");
        var starts = node.Ints("ngram_counts") ?? [];
        Dictionary<string, int> known = [];
        var item = 0;
        for (var n = 1; n <= starts.Length; n++)
        {
            var (from, to) = (starts[n - 1], n < starts.Length ? starts[n] : pool.Length);
            if (from < 0 || to > pool.Length || from > to) throw node.Error("its ngram_counts do not fit its pool; export the model again");
            for (var start = from; start + n <= to; start += n, item++)
                known[string.Join(' ', pool[(int)start..(int)(start + n)])] = item;
        }
        return item == places.Length ? known : throw node.Error($"has {item} n-grams and {places.Length} places for them; export the model again");
    }

    private static IEnumerable<string> Grams(Node node, ReadOnlyMemory<long> row)
    {
        for (var n = Math.Max(1, node.Int("min_gram_length", 1)); n <= Math.Min(row.Length, node.Int("max_gram_length", 1)); n++)
            for (var step = 1L; step <= (n == 1 ? 1 : node.Int("max_skip_count") + 1) && (n - 1) * step < row.Length; step++)
                for (var start = 0L; start + (n - 1) * step < row.Length; start++)
                {
                    var (first, stride) = (start, step);
                    yield return string.Join(' ', Enumerable.Range(0, (int)n).Select(k => row.Span[(int)(first + k * stride)]));
                }
    }
}
