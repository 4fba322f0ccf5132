using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Architectures;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Bench;

/// <summary>Graphs of the shapes that people have, with random weights, and zeros put in them.</summary>
internal static class SparseModels
{
    /// <summary>One product: x [batch, tokens, inputs].</summary>
    public static OnnxModel Product(long tokens, long inputs, long outputs)
    {
        var graph = new GraphBuilder("product", 1);
        graph.Output(graph.Linear("layer", graph.Input("x", DataType.Float, tokens, inputs), outputs), "y");
        return graph.ToModel();
    }

    /// <summary>One convolution with bias and ReLU.</summary>
    public static OnnxModel Convolution(long channels, long outputs, long kernel, long stride, long size)
    {
        var graph = new GraphBuilder("convolution", 1);
        graph.Output(graph.Relu(graph.Conv("layer", graph.Input("x", DataType.Float, channels, size, size), outputs, kernel, stride, kernel / 2)), "y");
        return graph.ToModel();
    }

    /// <summary>Devlin et al., "BERT", NAACL 2019, sec. 3 (arXiv:1810.04805): the base encoder without its embeddings, Gelu as exporters write it.</summary>
    public static OnnxModel BertBase(long tokens, int layers = 12)
    {
        const long Width = 768, Heads = 12, Inner = 3072;
        var graph = new GraphBuilder("bert-base", 1);
        var x = graph.Input("x", DataType.Float, tokens, Width);
        for (var layer = 0; layer < layers; layer++)
        {
            var name = $"layer{layer}";
            string Headed(string part, params long[] order) => graph.Transpose(graph.Reshape(graph.Linear($"{name}.{part}", x, Width), tokens, Heads, Width / Heads), [0, .. order]);
            var (q, k, v) = (Headed("query", 2, 1, 3), Headed("key", 2, 3, 1), Headed("value", 2, 1, 3));
            var seen = graph.Softmax(graph.With("Div", graph.MatMul(q, k), MathF.Sqrt(Width / Heads)));
            var joined = graph.Reshape(graph.Transpose(graph.MatMul(seen, v), 0, 2, 1, 3), tokens, Width);
            x = graph.LayerNorm($"{name}.norm1", graph.Add(graph.Linear($"{name}.out", joined, Width), x));
            var inner = graph.Linear($"{name}.inner", x, Inner);
            var gelu = graph.With("Mul", graph.Mul(inner, graph.With("Add", graph.Erf(graph.With("Div", inner, MathF.Sqrt(2))), 1)), 0.5f);
            x = graph.LayerNorm($"{name}.norm2", graph.Add(graph.Linear($"{name}.outer", gelu, Width), x));
        }
        graph.Output(x, "y");
        return graph.ToModel();
    }

    /// <summary>He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, table 1 (arXiv:1512.03385); the first pool is 2×2.</summary>
    public static OnnxModel ResNet50()
    {
        var graph = new GraphBuilder("resnet-50", 1);
        string Normalized(string layer, string value, long channels, long kernel, long stride = 1) =>
            graph.BatchNorm($"{layer}.bn", graph.Conv(layer, value, channels, kernel, stride, pad: kernel / 2, bias: false));
        var x = graph.MaxPool(graph.Relu(Normalized("conv1", graph.Input("input", DataType.Float, 3, 224, 224), 64, 7, 2)), 2);
        foreach (var (stage, blocks) in new[] { 3, 4, 6, 3 }.Index())
            for (var block = 0; block < blocks; block++)
            {
                var (name, channels, stride) = ($"layer{stage + 1}.{block}", 64L << stage, stage > 0 && block == 0 ? 2 : 1);
                var y = graph.Relu(Normalized($"{name}.conv1", x, channels, 1));
                y = graph.Relu(Normalized($"{name}.conv2", y, channels, 3, stride));
                y = Normalized($"{name}.conv3", y, 4 * channels, 1);
                x = graph.Relu(graph.Add(y, block == 0 ? Normalized($"{name}.shortcut", x, 4 * channels, 1, stride) : x));
            }
        graph.Output(graph.Gemm("fc", graph.Flatten(graph.GlobalAveragePool(x)), 1000, relu: false), "logits");
        return graph.ToModel();
    }

    /// <summary>Sets blocks of a share of each weight of a product or a convolution to zero, at random: a block is so many neighbouring outputs of one input.</summary>
    /// <param name="model">Changed in place.</param>
    /// <param name="sparsity">The share, 0 to 1.</param>
    /// <param name="height">Outputs of a block.</param>
    public static OnnxModel Sparsify(OnnxModel model, double sparsity, int height = 1)
    {
        var random = new Random(1);
        foreach (var node in model.Proto.Graph.Node.Where(node => node.OpType is "MatMul" or "Gemm" or "Conv"))
            if (model.Proto.Graph.Initializer.FirstOrDefault(tensor => tensor.Name == node.Input[1]) is { } weight) Thin(weight, node, sparsity, height, random);
        return model;
    }

    /// <summary>Makes int8 of each product's weight, with a scale for each output, and DequantizeLinear between.</summary>
    /// <param name="model">Changed in place.</param>
    public static OnnxModel ToBytes(OnnxModel model)
    {
        var graph = model.Proto.Graph;
        foreach (var node in graph.Node.Where(node => node.OpType == "MatMul").ToArray())
        {
            if (graph.Initializer.FirstOrDefault(tensor => tensor.Name == node.Input[1]) is not { } weight) continue;
            var (values, outputs) = (weight.ToArray<float>(), (int)weight.Dims[^1]);
            var scales = new float[outputs];
            for (var i = 0; i < values.Length; i++) scales[i % outputs] = Math.Max(scales[i % outputs], Math.Abs(values[i]) / 127);
            var bytes = new sbyte[values.Length];
            for (var i = 0; i < values.Length; i++) bytes[i] = (sbyte)(values[i] == 0 ? 0 : MathF.Round(values[i] / scales[i % outputs]));
            var small = new TensorProto { Name = weight.Name + ".bytes", DataType = (int)DataType.Int8, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<sbyte>(bytes)) };
            small.Dims.Add(weight.Dims);
            graph.Initializer.Remove(weight);
            graph.Initializer.Add([small, TensorData.Of(weight.Name + ".scale", scales, outputs)]);
            var dequantize = new NodeProto { OpType = "DequantizeLinear", Name = weight.Name + ".float", Input = { small.Name, weight.Name + ".scale" }, Output = { weight.Name } };
            dequantize.Attribute.Add(new AttributeProto { Name = "axis", Type = AttributeProto.Types.AttributeType.Int, I = 1 });
            graph.Node.Insert(graph.Node.IndexOf(node), dequantize);
        }
        return new(model.Proto);
    }

    private static void Thin(TensorProto weight, NodeProto node, double sparsity, int height, Random random)
    {
        var byRows = node.OpType == "Conv" || node.Attribute.Any(attribute => attribute is { Name: "transB", I: 1 });
        var values = weight.ToArray<float>();
        var outputs = (int)(byRows ? weight.Dims[0] : weight.Dims[^1]);
        var inputs = values.Length / outputs;
        for (var output = 0; output < outputs; output += height)
            for (var input = 0; input < inputs; input++)
                if (random.NextDouble() < sparsity)
                    for (var member = output; member < Math.Min(outputs, output + height); member++) values[byRows ? member * inputs + input : input * outputs + member] = 0;
        weight.SetBytes(MemoryMarshal.AsBytes<float>(values));
    }
}
