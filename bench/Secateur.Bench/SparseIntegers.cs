using System.Globalization;
using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Bench;

/// <summary>Quantized layers in stock ONNX Runtime, whose kernels multiply bytes, and with the provider, whether it would take them or not. One thread.</summary>
internal static class SparseIntegers
{
    private sealed record Case(string Name, Func<double, int, OnnxModel> Make, int Height = 1);

    public static void Run(Settings settings)
    {
        var ledger = new Ledger(settings.Name);
        var (only, seconds) = (settings.Text("model", ""), settings.Numbers("minutes", 0.02)[0] * 60);
        var file = Path.Combine(Path.GetTempPath(), $"secateur-integers-{Environment.ProcessId}.onnx");
        double[] sparsities = [0.8, 0.9, 0.95];
        foreach (var one in Cases().Where(one => one.Name.Contains(only, StringComparison.Ordinal)))
            foreach (var sparsity in sparsities)
                ledger.Cell(Key(one, sparsity), settings.Command, () =>
                {
                    one.Make(sparsity, one.Height).Save(file);
                    var forced = SparsePair.Measure(file, 1, 1, seconds, force: true);
                    forced["by itself"] = SparsePair.Measure(file, 1, 1, seconds / 2)["faster, 1 threads"];
                    return forced;
                });
        File.Delete(file);
        List<string[]> rows = [["", .. sparsities.SelectMany(sparsity => new[] { $"{sparsity:P0}", "by itself" }), "stock, us", "off"]];
        foreach (var one in Cases())
            if (sparsities.Select(sparsity => ledger.Cells.GetValueOrDefault(Key(one, sparsity))).ToArray() is var cells && cells.All(cell => cell is not null))
                rows.Add([one.Name, .. cells.SelectMany(cell => new[] { Of(cell!["faster, 1 threads"], "0.00"), Of(cell["by itself"], "0.00") }), Of(cells[0]!["stock us, 1 threads"], "0"), Of(cells.Max(cell => cell!["off, 1 threads"]), "0.0e0")]);
        ledger.Table("Zeros in quantized layers", settings.Command,
            "Times as fast as stock ONNX Runtime on the same model, medians of runs in turn, one thread: with every node taken (option `force`), and where the provider decides by itself. Stock multiplies bytes by all weights. Zeros are at random. `off` is the greatest difference of the outputs over their greatest size.", rows);

        static string Key(Case one, double sparsity) => $"{one.Name}, {sparsity:P0}";
        static string Of(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static IEnumerable<Case> Cases()
    {
        foreach (var height in new[] { 1, 4, 16 })
            foreach (var (tokens, inputs, outputs) in new[] { (1, 768, 3072), (1, 4096, 12288), (8, 768, 3072), (128, 768, 3072), (128, 3072, 768) })
                if (height < 16 || tokens == 1) yield return new($"quantized as it runs, {inputs} to {outputs}, {tokens} tokens, {Pattern(height)}", (sparsity, high) => Dynamic(tokens, inputs, outputs, sparsity, high), height);
        foreach (var height in new[] { 1, 4 })
            foreach (var (tokens, inputs, outputs) in new[] { (1, 768, 3072), (128, 768, 3072), (128, 3072, 768) })
                yield return new($"QLinearMatMul, {inputs} to {outputs}, {tokens} tokens, {Pattern(height)}", (sparsity, high) => Linear(tokens, inputs, outputs, sparsity, high), height);
        foreach (var height in new[] { 1, 4 })
            foreach (var (channels, outputs, kernel, size) in new[] { (64, 64, 3, 56), (256, 256, 3, 14), (64, 256, 1, 56), (256, 1024, 1, 14) })
                yield return new($"QLinearConv {kernel}x{kernel} {channels} to {outputs}, {size}x{size}, {Pattern(height)}", (sparsity, high) => Convolution(channels, outputs, kernel, size, sparsity, high), height);
        foreach (var (tokens, inputs, outputs) in new[] { (1, 768, 3072), (1, 4096, 12288), (128, 768, 3072) })
        {
            yield return new($"DequantizeLinear of int8, {inputs} to {outputs}, {tokens} tokens, {Pattern(1)}", (sparsity, high) => Dequantized(tokens, inputs, outputs, sparsity, high, half: false));
            yield return new($"DequantizeLinear of int4 in blocks of 32, {inputs} to {outputs}, {tokens} tokens, {Pattern(1)}", (sparsity, high) => Dequantized(tokens, inputs, outputs, sparsity, high, half: true));
        }
    }

    private static string Pattern(int height) => height == 1 ? "unstructured" : $"block-{height}x1";

    /// <summary>As ONNX Runtime's own quantizer writes a product with a bias.</summary>
    private static OnnxModel Dynamic(int tokens, int inputs, int outputs, double sparsity, int height) => Model(
        [
            SmallGraphs.Node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
            SmallGraphs.Node("MatMulInteger", ["q", "w", "z", "wz"], ["sums"]),
            SmallGraphs.Node("Cast", ["sums"], ["floats"], ("to", 1)),
            SmallGraphs.Node("Mul", ["s", "ws"], ["scales"]),
            SmallGraphs.Node("Mul", ["floats", "scales"], ["scaled"]),
            SmallGraphs.Node("Add", ["scaled", "b"], ["y"]),
        ],
        [1, tokens, inputs], Weight("w", sparsity, height, 1, inputs, outputs), Bytes("wz", 0), TensorData.Of("ws", Fill(outputs, 0.01f), outputs), TensorData.Of("b", Fill(outputs, 0.1f), outputs));

    private static OnnxModel Linear(int tokens, int inputs, int outputs, double sparsity, int height) => Model(
        [Quantize(), SmallGraphs.Node("QLinearMatMul", ["q", "s", "z", "w", "ws", "wz", "ys", "z"], ["qy"]), Dequantize()],
        [1, tokens, inputs], Weight("w", sparsity, height, 1, inputs, outputs), Bytes("wz", 0), TensorData.Of("ws", (float[])[0.01f]), TensorData.Of("s", (float[])[0.004f]), TensorData.Of("ys", (float[])[0.05f]), Byte("z"));

    private static OnnxModel Convolution(int channels, int outputs, int kernel, int size, double sparsity, int height) => Model(
        [Quantize(), SmallGraphs.Node("QLinearConv", ["q", "s", "z", "w", "ws", "wz", "ys", "z"], ["qy"], ("pads", (long[])[kernel / 2, kernel / 2, kernel / 2, kernel / 2])), Dequantize()],
        [1, channels, size, size], Weight("w", sparsity, height, 0, outputs, channels, kernel, kernel), Bytes("wz", 0), TensorData.Of("ws", (float[])[0.01f]), TensorData.Of("s", (float[])[0.004f]), TensorData.Of("ys", (float[])[0.05f]), Byte("z"));

    private static OnnxModel Dequantized(int tokens, int inputs, int outputs, double sparsity, int height, bool half)
    {
        var weight = Weight("w", sparsity, height, 1, inputs, outputs);
        if (half)
        {
            var bytes = weight.RawData.ToByteArray();
            weight.DataType = (int)DataType.Int4;
            weight.RawData = ByteString.CopyFrom([.. Enumerable.Range(0, bytes.Length / 2).Select(i => (byte)((Half(bytes[2 * i]) & 0xF) | (Half(bytes[2 * i + 1]) & 0xF) << 4))]);
        }
        var scale = half ? TensorData.Of("ws", Fill(inputs / 32 * outputs, 0.01f), inputs / 32, outputs) : TensorData.Of("ws", Fill(outputs, 0.01f), outputs);
        return Model([half ? SmallGraphs.Node("DequantizeLinear", ["w", "ws"], ["floats"], ("axis", 0), ("block_size", 32)) : SmallGraphs.Node("DequantizeLinear", ["w", "ws"], ["floats"], ("axis", 1)), SmallGraphs.Node("MatMul", ["x", "floats"], ["y"])],
            [1, tokens, inputs], weight, scale);
    }

    /// <summary>A byte that is none of the least stays different from 0.</summary>
    private static int Half(byte value) => (sbyte)value is var whole && whole == 0 ? 0 : whole > 0 ? 1 + whole / 17 : -1 - -whole / 15;

    private static NodeProto Quantize() => SmallGraphs.Node("QuantizeLinear", ["x", "s", "z"], ["q"]);

    private static NodeProto Dequantize() => SmallGraphs.Node("DequantizeLinear", ["qy", "ys", "z"], ["y"]);

    private static OnnxModel Model(IEnumerable<NodeProto> nodes, long[] input, params IEnumerable<TensorProto> constants)
    {
        var x = new TensorProto { Name = "x", DataType = (int)DataType.Float };
        x.Dims.Add(input);
        var model = SmallGraphs.Of(21, nodes, [x], constants, ["y"]);
        model.Proto.IrVersion = 10;
        foreach (var node in model.Proto.Graph.Node) node.Name = node.Output[0];
        return model;
    }

    /// <summary>Bytes from −127 to 127, of which blocks of neighbouring outputs are zero.</summary>
    /// <param name="axis">That of the outputs, 0 or 1.</param>
    private static TensorProto Weight(string name, double sparsity, int height, int axis, params long[] shape)
    {
        var random = new Random(1);
        var (outputs, inputs) = ((int)shape[axis], (int)(shape.Aggregate(1L, (a, b) => a * b) / shape[axis]));
        var bytes = new byte[outputs * inputs];
        for (var output = 0; output < outputs; output += height)
            for (var input = 0; input < inputs; input++)
                if (random.NextDouble() >= sparsity)
                    for (var member = output; member < Math.Min(outputs, output + height); member++) bytes[axis == 0 ? member * inputs + input : input * outputs + member] = (byte)(sbyte)(random.Next(1, 100) * (random.Next(2) * 2 - 1));
        return SmallGraphs.Tensor<byte>(name, DataType.Int8, bytes, shape);
    }

    private static TensorProto Bytes(string name, sbyte value) => SmallGraphs.Tensor(name, DataType.Int8, (ReadOnlySpan<sbyte>)[value]);

    private static TensorProto Byte(string name) => SmallGraphs.Tensor(name, DataType.Uint8, (ReadOnlySpan<byte>)[128]);

    private static float[] Fill(int count, float value) => [.. Enumerable.Repeat(value, count)];
}
