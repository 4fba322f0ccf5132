using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Models as ONNX Runtime's own optimizer writes them: they run here as they run there.</summary>
public sealed class OptimizedModelTests
{
    private static readonly Draw Draw = new(new Random(7), 17);

    public static TheoryData<string, string[]> Graphs => new()
    {
        { "convolutions", ["FusedConv"] },
        { "perceptron", ["FusedGemm"] },
        { "gelu", ["BiasGelu"] },
        { "quick gelu", ["QuickGelu"] },
        { "skip norm", ["SkipLayerNormalization"] },
        { "scaled product", ["FusedMatMul"] },
        { "quantized", ["QLinearConv"] },
        { "quantized sum", ["QLinearAdd"] },
        { "dynamic", ["DynamicQuantizeMatMul"] },
        { "attention", ["FusedMatMul"] },
    };

    [Theory, MemberData(nameof(Graphs))]
    public void Equals_ONNX_Runtime(string graph, string[] fused)
    {
        Check(graph, fused, GraphOptimizationLevel.ORT_ENABLE_EXTENDED);
        if (graph != "convolutions") Check(graph, [], GraphOptimizationLevel.ORT_ENABLE_ALL);
    }

    [Fact]
    public void A_layout_of_one_kind_of_processor_is_refused_by_name()
    {
        var error = Assert.Throws<SecateurException>(() => new Network(Optimized(Build("convolutions").Model, GraphOptimizationLevel.ORT_ENABLE_ALL)));
        Assert.Contains("of the unknown type com.microsoft.nchwc.", error.Message);
    }

    private static void Check(string graph, string[] fused, GraphOptimizationLevel level)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (plain, x) = Build(graph);
        var optimized = Optimized(plain, level);
        var types = optimized.Proto.Graph.Node.Select(node => node.OpType).ToArray();
        foreach (var type in fused) Assert.True(types.Contains(type), $"{graph} was written with {string.Join(", ", types)}");
        using var network = new Network(optimized);
        var (ours, theirs) = (network.Run(new Dictionary<string, Tensor> { ["x"] = x.ToTorch() })[0], StockRuntime.Run(plain, [x])[0]);
        // a sum that falls between two steps of a quantized result may be rounded to either
        var step = graph.StartsWith("quantized", StringComparison.Ordinal) ? 0.05 : 0;
        var off = (ours - theirs).abs().gt(1e-4 + 1e-4 * theirs.abs());
        Assert.True(off.sum().item<long>() <= (step > 0 ? ours.numel() / 50 : 0) && allclose(ours, theirs, 1e-4, 1e-4 + step), $"expected {theirs.cstr()}, was {ours.cstr()}");
    }

    private static OnnxModel Optimized(OnnxModel model, GraphOptimizationLevel level)
    {
        var path = Path.Combine(Path.GetTempPath(), $"secateur-{Guid.NewGuid():N}.onnx");
        try
        {
            using (var options = new SessionOptions { GraphOptimizationLevel = level, OptimizedModelFilePath = path, IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR })
            using (new InferenceSession(model.Proto.ToByteArray(), options)) { }
            return OnnxModel.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static (OnnxModel Model, TensorProto X) Build(string graph)
    {
        List<NodeProto> nodes = [];
        List<TensorProto> constants = [];
        var last = "x";
        TensorProto x;
        switch (graph)
        {
            case "convolutions":
                x = Draw.Floats([1, 3, 8, 8]);
                Node("Conv", [last, F(4, 3, 3, 3), F(4)]);
                Node("Relu", [last]);
                Node("Conv", [last, F(4, 4, 3, 3), F(4)]);
                Node("LeakyRelu", [last], ("alpha", 0.3f));
                break;
            case "perceptron":
                x = Draw.Floats([2, 5]);
                Node("Gemm", [last, F(5, 4), F(4)]);
                Node("Relu", [last]);
                Node("Gemm", [last, F(4, 3), F(3)]);
                Node("Sigmoid", [last]);
                break;
            case "gelu":
                x = Draw.Floats([1, 2, 4]);
                Node("MatMul", [last, F(4, 6)]);
                Node("Add", [last, F(6)]);
                Gelu();
                break;
            case "quick gelu":
                x = Draw.Floats([2, 4]);
                var given = Node("MatMul", [last, F(4, 6)]);
                Node("Mul", [given, S(1.702f)]);
                Node("Sigmoid", [last]);
                Node("Mul", [given, last]);
                break;
            case "skip norm":
                x = Draw.Floats([1, 2, 4]);
                var skip = last;
                Node("MatMul", [last, F(4, 4)]);
                Node("Add", [last, F(4)]);
                Node("Add", [last, skip]);
                Node("LayerNormalization", [last, F(4), F(4)], ("axis", -1L));
                Node("MatMul", [last, F(4, 4)]);
                break;
            case "scaled product":
                x = Draw.Floats([2, 3, 4]);
                var turned = Node("Transpose", [last], ("perm", new[] { 0L, 2, 1 }));
                Node("MatMul", ["x", turned]);
                Node("Mul", [last, S(0.25f)]);
                break;
            case "quantized":
                x = Draw.Floats([1, 3, 8, 8]);
                Quantized("x", 0.02f);
                Node("Conv", [last, Dequantized(Draw.Int8([4, 3, 3, 3])), Bias(4, 0.02f)]);
                Node("Relu", [last]);
                Quantized(last, 0.05f);
                break;
            case "quantized sum":
                x = Draw.Floats([2, 4]);
                var one = Quantized("x", 0.02f);
                var other = Quantized(Node("Neg", ["x"]), 0.03f);
                Node("Add", [one, other]);
                Quantized(last, 0.05f);
                break;
            case "dynamic":
                x = Draw.Floats([2, 4]);
                nodes.Add(SmallGraphs.Node("DynamicQuantizeLinear", ["x"], ["q", "qs", "qz"]));
                Node("MatMulInteger", ["q", C(Draw.Int8([4, 3])), "qz", C(Draw.Int8([]))]);
                var whole = Node("Cast", [last], ("to", 1L));
                var scale = Node("Mul", ["qs", S(0.02f)]);
                Node("Mul", [whole, scale]);
                Node("Add", [last, F(3)]);
                break;
            default:
                x = Draw.Floats([1, 4, 8]);
                Bert();
                break;
        }
        var model = SmallGraphs.Of(17, nodes, [Named(x, "x")], constants, [last]).Proto;
        // of any batch and length, as exporters leave them: known sizes would be fused otherwise
        foreach (var (axis, dimension) in model.Graph.Input[0].Type.TensorType.Shape.Dim.Index().Take(x.Dims.Count == 3 ? 2 : 0))
            dimension.DimParam = $"d{axis}";
        return (new OnnxModel(model, "small.onnx"), x);

        string Node(string type, string[] inputs, params (string, object)[] attributes)
        {
            var output = $"v{nodes.Count}";
            nodes.Add(SmallGraphs.Node(type, inputs, [output], attributes));
            nodes[^1].Name = $"n{nodes.Count}";
            return last = output;
        }

        string C(TensorProto tensor)
        {
            constants.Add(Named(tensor, $"c{constants.Count}"));
            return constants[^1].Name;
        }

        string F(params long[] shape) => C(Draw.Floats(shape, -0.5f, 0.5f));

        string S(float value) => C(Draw.Scalar(value));

        string I(params long[] values) => C(Draw.Vector(values));

        string Dequantized(TensorProto q) => Node("DequantizeLinear", [C(q), S(0.01f), C(Draw.Int8([], 0, 0))]);

        string Bias(long count, float scale) => Node("DequantizeLinear", [C(Draw.Int32([count], -100, 100)), S(scale * 0.01f)]);

        string Quantized(string value, float scale)
        {
            var (step, zero) = (S(scale), C(Draw.Bytes([], 0)));
            Node("QuantizeLinear", [value, step, zero]);
            return Node("DequantizeLinear", [last, step, zero]);
        }

        void Gelu()
        {
            var from = last;
            Node("Div", [from, S(MathF.Sqrt(2))]);
            Node("Erf", [last]);
            Node("Add", [last, S(1)]);
            Node("Mul", [from, last]);
            Node("Mul", [last, S(0.5f)]);
        }

        // as PyTorch exports BERT's attention: two heads of four
        void Bert()
        {
            var normal = Node("LayerNormalization", ["x", F(8), F(8)], ("axis", -1L));
            string Project(long[] order)
            {
                Node("MatMul", [normal, F(8, 8)]);
                Node("Add", [last, F(8)]);
                Node("Reshape", [last, I(0, 0, 2, 4)]);
                return Node("Transpose", [last], ("perm", order));
            }
            var (q, k, v) = (Project([0, 2, 1, 3]), Project([0, 2, 3, 1]), Project([0, 2, 1, 3]));
            Node("MatMul", [q, k]);
            Node("Div", [last, S(2)]);
            Node("Softmax", [last], ("axis", -1L));
            Node("MatMul", [last, v]);
            Node("Transpose", [last], ("perm", new[] { 0L, 2, 1, 3 }));
            Node("Reshape", [last, I(0, 0, 8)]);
            Node("MatMul", [last, F(8, 8)]);
            Node("Add", [last, F(8)]);
            Node("Add", [last, normal]);
        }
    }

    private static TensorProto Named(TensorProto tensor, string name)
    {
        tensor.Name = name;
        return tensor;
    }
}
