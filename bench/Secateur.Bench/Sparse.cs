using System.Globalization;
using Secateur.Onnx;

namespace Secateur.Bench;

/// <summary>How much faster zeros run with the provider than in stock ONNX Runtime, layer by layer and as whole models.</summary>
internal static class Sparse
{
    private sealed record Case(string Name, Func<OnnxModel> Make, double Goal, int Batch = 1, bool Bytes = false, string Values = "float32");

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var (only, seconds) = (settings.Text("model", ""), settings.Numbers("minutes", 0.03)[0] * 60);
        var threads = settings.Numbers("threads", 1, 2);
        var folder = Directory.CreateTempSubdirectory("secateur-");
        List<string[]> rows = [["", "goal", "faster, 1 thread", "tenth to nine tenths", "2 threads", "tenth to nine tenths", "stock, us", "ours, us", "off"]];
        foreach (var one in Cases().Where(one => one.Name.Contains(only, StringComparison.Ordinal)))
            foreach (var count in threads)
                ledger.Cell($"{one.Name}, {count} threads", settings.Command, () =>
                {
                    var file = Path.Combine(folder.FullName, "model.onnx");
                    one.Make().Save(file);
                    var other = one.Bytes ? Path.Combine(folder.FullName, "bytes.onnx") : null;
                    if (other is not null) SparseModels.ToBytes(one.Make()).Save(other);
                    return SparsePair.Measure(file, one.Batch, (int)count, seconds, other, one.Values);
                });
        folder.Delete(recursive: true);
        foreach (var one in Cases())
        {
            Dictionary<string, double> cell = [];
            foreach (var count in new[] { 1, 2 })
                foreach (var (key, value) in ledger.Cells.GetValueOrDefault($"{one.Name}, {count} threads") ?? []) cell[key] = value;
            string Of(string key, string format) => cell.TryGetValue(key, out var value) ? value.ToString(format, CultureInfo.InvariantCulture) : "";
            if (cell.Count > 0)
                rows.Add([one.Name, one.Goal.ToString(CultureInfo.InvariantCulture), Of("faster, 1 threads", "0.00"), $"{Of("low, 1 threads", "0.00")} to {Of("high, 1 threads", "0.00")}",
                    Of("faster, 2 threads", "0.00"), $"{Of("low, 2 threads", "0.00")} to {Of("high, 2 threads", "0.00")}", Of("stock us, 1 threads", "0"), Of("ours us, 1 threads", "0"), Of("off, 1 threads", "0.0e0")]);
        }
        ledger.Table("Sparse speed", settings.Command,
            "Each model runs in turn in two sessions of stock ONNX Runtime with the same threads, without the provider and with it, default options on both sides. "
            + "`faster` is the ratio of the medians; beside it what a tenth of the rounds' ratios are below and above. Zeros are at random, so that patterns are as bad as can be. `of bytes` holds the dense float32 model against one whose weights are int8, with a scale for each output, through DequantizeLinear, and `in bfloat16` the provider's option values; their answers are coarser. "
            + "`off` is the greatest difference of the outputs over their greatest size. A goal is how many times as fast was asked for.", rows);
    }

    private static IEnumerable<Case> Cases()
    {
        foreach (var (name, inputs, outputs) in new[] { ("BERT-base 768 to 768", 768, 768), ("BERT-base 768 to 3072", 768, 3072), ("BERT-base 3072 to 768", 3072, 768), ("GPT-2 768 to 2304", 768, 2304), ("512 to 2048", 512, 2048) })
            foreach (var (height, goals) in new[] { (1, new[] { 4, 7.5, 13 }), (4, [5.5, 11, 20]) })
                foreach (var (sparsity, goal) in new[] { 0.8, 0.9, 0.95 }.Zip(goals))
                    yield return new($"{name}, 128 tokens, {Pattern(height)} {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Product(128, inputs, outputs), sparsity, height), goal);
        foreach (var (tokens, goal) in new[] { (1, 4.0), (4, 3), (8, 3), (16, 5), (32, 6), (96, 7) })
            yield return new($"768 to 3072, {tokens} tokens, unstructured 90 %", () => SparseModels.Sparsify(SparseModels.Product(tokens, 768, 3072), 0.9), goal);
        foreach (var (height, goals) in new[] { (1, new[] { 2.5, 5.5, 10 }), (16, [2.5, 5.5, 10]) })
            foreach (var (sparsity, goal) in new[] { 0.8, 0.9, 0.95 }.Zip(goals))
                yield return new($"4096 to 12288, 1 token, {Pattern(height)} {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Product(1, 4096, 12288), sparsity, height), goal);
        foreach (var (sparsity, goal) in new[] { (0.8, 2.5), (0.9, 5.5), (0.95, 10) })
        {
            yield return new($"4096 to 12288, 1 token, unstructured in bfloat16 {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Product(1, 4096, 12288), sparsity), goal, Values: "bfloat16");
            yield return new($"4096 to 12288, 1 token, unstructured of bytes {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Product(1, 4096, 12288), sparsity), goal, Bytes: true);
        }
        foreach (var (sparsity, goal) in new[] { (0.8, 10), (0.9, 40), (0.95, 80) })
            yield return new($"4096 to 12288, 1 token, block-16x1 of bytes {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Product(1, 4096, 12288), sparsity, 16), goal, Bytes: true);
        foreach (var (channels, size) in new[] { (64, 56), (128, 28), (256, 14), (512, 7) })
            foreach (var batch in new[] { 1, 8 })
                foreach (var (sparsity, goal) in new[] { (0.8, 2.5), (0.9, 4.5), (0.95, 7) })
                    yield return new($"Conv 3x3 {channels} to {channels}, {size}x{size}, batch {batch}, unstructured {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Convolution(channels, channels, 3, 1, size), sparsity), goal, batch);
        foreach (var (channels, outputs, size) in new[] { (64, 256, 56), (256, 1024, 14), (1024, 256, 14), (512, 2048, 7), (32, 192, 28), (96, 24, 56) })
            foreach (var (sparsity, goal) in new[] { (0.8, 3), (0.9, 5.5), (0.95, 8) })
                yield return new($"Conv 1x1 {channels} to {outputs}, {size}x{size}, unstructured {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Convolution(channels, outputs, 1, 1, size), sparsity), goal);
        yield return new("BERT-base encoder, 128 tokens, unstructured 90 %", () => SparseModels.Sparsify(SparseModels.BertBase(128), 0.9), 4.5);
        yield return new("BERT-base encoder, 128 tokens, block-4x1 90 %", () => SparseModels.Sparsify(SparseModels.BertBase(128), 0.9, 4), 4.5);
        yield return new("ResNet-50, unstructured 90 %", () => SparseModels.Sparsify(SparseModels.ResNet50(), 0.9), 3);
        yield return new("ResNet-50, unstructured 95 %", () => SparseModels.Sparsify(SparseModels.ResNet50(), 0.95), 4.5);
        yield return new("ResNet-50, block-4x1 90 %", () => SparseModels.Sparsify(SparseModels.ResNet50(), 0.9, 4), 3);
        foreach (var (name, file) in new[] { ("LeNet-300-100, pruned 95 % by the main job", "lenet-95"), ("ResNet-20, pruned 95 % by the main job", "resnet-20-95") })
            foreach (var batch in new[] { 1, 16 })
                if (Path.Combine("out", "bench", "sparse", file + ".onnx") is var path && File.Exists(path)) yield return new($"{name}, batch {batch}", () => OnnxModel.Load(path), 3, batch);
        yield return new("ResNet-50, dense", SparseModels.ResNet50, 0.98);
        yield return new("BERT-base encoder, 4 layers, 128 tokens, dense", () => SparseModels.BertBase(128, 4), 0.98);
        foreach (var sparsity in new[] { 0.3, 0.5, 0.6, 0.7 })
            foreach (var tokens in new[] { 1, 4, 16, 64 })
                yield return new($"768 to 768, {tokens} tokens, unstructured {sparsity:P0}", () => SparseModels.Sparsify(SparseModels.Product(tokens, 768, 768), sparsity), 0.98);
    }

    private static string Pattern(int height) => height == 1 ? "unstructured" : $"block-{height}x1";
}
