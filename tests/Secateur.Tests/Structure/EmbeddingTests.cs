using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Tests.Structure;

public sealed class EmbeddingTests : IDisposable
{
    private const int Width = 16;

    private readonly string folder = Directory.CreateTempSubdirectory("secateur-").FullName;

    public static TheoryData<string> Forms =>
    [
        "pre-norm", "post-norm", "written norm", "written root mean square", "reciprocal root mean square", "unscaled norm", "layer scale", "number", "flattened", "token", "position", "normalized twice",
        "mean kept", "sum of sums", "leaving", "from outside", "shared table", "fused", "fused root mean square",
    ];

    public EmbeddingTests() => Threads.Use(1);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Forms))]
    public void Turned_equals_dense_and_sliced_equals_its_twin(string form)
    {
        using var network = Net(form);
        var outcome = StreamLaw.Check(network, seed => Draw(network, seed), _ => 12, folder);
        Assert.InRange(outcome.Full, 0, 1e-5);
        Assert.InRange(outcome.Twin, 0, 1e-5);
        Assert.InRange(outcome.Own, 0, 1e-5);
    }

    /// <summary>Among them a read-out that another node shares, a value that leaves and one that comes from outside.</summary>
    public static TheoryData<string, string> TypedForms =>
    [
        .. from form in (string[])["pre-norm", "post-norm", "written norm", "layer scale", "normalized twice", "shared table", "leaving", "from outside"]
           from type in (string[])["float16", "float64", "bfloat16 stored", "float64 stored"]
           select (form, type),
    ];

    [Theory]
    [MemberData(nameof(TypedForms))]
    public void Numbers_of_another_type_stay_of_it(string form, string type)
    {
        using var wide = Net(form);
        using var network = new Network(TypedModels.Of(wide.Model, type));
        var outcome = StreamLaw.Check(network, seed => Draw(network, seed), _ => 12, folder);
        var tolerance = type switch { "float16" => 1e-2, "bfloat16 stored" => 5e-2, "float64" => 1e-8, _ => 1e-5 }; // ε, an attribute, is a float32
        Assert.InRange(outcome.Full, 0, tolerance);
        Assert.InRange(outcome.Twin, 0, tolerance);
        Assert.InRange(outcome.Own, 0, tolerance);
    }

    [Theory]
    [InlineData("pre-norm")]
    [InlineData("written root mean square")]
    public void Of_inputs_in_a_subspace_its_dimension_is_width_enough(string form)
    {
        using var network = Net(form, hidden: 3); // 2 + 1 from the input, 3 + 1 from the branch: 7 directions, and one for the mean
        Assert.InRange(StreamLaw.Check(network, seed => Draw(network, seed), _ => 8, folder).Effect, 0, 1e-4);
        Assert.InRange(StreamLaw.Check(network, seed => Draw(network, seed), _ => 4, folder).Effect, 1e-3, 10);
    }

    [Theory]
    [InlineData("Relu")]
    [InlineData("Softmax")]
    [InlineData("ReduceSum")]
    [InlineData("Mul")]
    public void Any_other_use_is_refused_by_its_name(string type)
    {
        using var scope = NewDisposeScope();
        using var network = Net("pre-norm", spoilt: type == "Mul" ? SmallGraphs.Node("Mul", ["s", "s"], ["y"]) : SmallGraphs.Node(type, ["s"], ["y"]));
        var (_, streams, faults) = StreamLaw.Find(network, Draw(network, 2));
        Assert.Empty(streams);
        Assert.Contains(faults, fault => fault.StartsWith($"node 'y' ({type})", StringComparison.Ordinal));
    }

    [Fact]
    public void A_normalization_without_a_sum_is_no_stream()
    {
        using var scope = NewDisposeScope();
        using var network = Nets.Of([Linear("x", "w", "h"), Norm("h", "n", "g", "b"), Linear("n", "head", "y")], [4, 2], [("w", [2, Width]), ("g", [Width]), ("b", [Width]), ("head", [Width, 5])], 1);
        Assert.Empty(StreamLaw.Find(network, Draw(network, 2)).Streams);
    }

    private static NodeProto Linear(string x, string weight, string y) => SmallGraphs.Node("MatMul", [x, weight], [y]);

    private static NodeProto Norm(string x, string y, string scale, string bias) => SmallGraphs.Node("LayerNormalization", [x, scale, bias], [y], ("epsilon", 0.01f));

    private static NodeProto Add(string a, string b, string y) => SmallGraphs.Node("Add", [a, b], [y]);

    /// <summary>(x - mean)/√(mean of squares + ε), node by node.</summary>
    private static NodeProto[] Written(string x, string y, bool centres, bool inverts) =>
    [
        .. centres ? (NodeProto[])[Mean(x, $"{y}.mean"), SmallGraphs.Node("Sub", [x, $"{y}.mean"], [$"{y}.c"])] : [],
        SmallGraphs.Node("Mul", [centres ? $"{y}.c" : x, centres ? $"{y}.c" : x], [$"{y}.square"]), Mean($"{y}.square", $"{y}.variance"),
        Add($"{y}.variance", "epsilon", $"{y}.more"), SmallGraphs.Node("Sqrt", [$"{y}.more"], [$"{y}.root"]),
        .. inverts ? (NodeProto[])[SmallGraphs.Node("Reciprocal", [$"{y}.root"], [$"{y}.inverse"]), SmallGraphs.Node("Mul", [centres ? $"{y}.c" : x, $"{y}.inverse"], [y])]
            : [SmallGraphs.Node("Div", [centres ? $"{y}.c" : x, $"{y}.root"], [y])],
    ];

    private static NodeProto Mean(string x, string y) => SmallGraphs.Node("ReduceMean", [x], [y], ("axes", (long[])[-1]), ("keepdims", 1L));

    /// <summary>x [batch, 5, 2] → 16 features, a residual branch, 3 outputs; between them what the form says.</summary>
    private static Network Net(string form, int hidden = 8, NodeProto? spoilt = null)
    {
        NodeProto[] Normalized(string x, string y) => form switch
        {
            "written norm" => [.. Written(x, $"{y}0", true, false), SmallGraphs.Node("Mul", [$"{y}0", $"{y}.g"], [$"{y}1"]), Add($"{y}1", $"{y}.b", y)],
            "written root mean square" => [.. Written(x, $"{y}0", false, false), SmallGraphs.Node("Mul", [$"{y}.g", $"{y}0"], [y])],
            "reciprocal root mean square" => [.. Written(x, $"{y}0", false, true), SmallGraphs.Node("Mul", [$"{y}0", $"{y}.g"], [y])],
            "unscaled norm" => Written(x, y, true, false),
            "normalized twice" => [Norm(x, $"{y}0", $"{y}.g", $"{y}.b"), Norm($"{y}0", y, $"{y}.g", $"{y}.b")],
            _ => [Norm(x, y, $"{y}.g", $"{y}.b")],
        };
        NodeProto[] stem = form switch
        {
            "token" => [Linear("x", "w", "h0"), SmallGraphs.Node("Expand", ["mark", "marks"], ["m"]), SmallGraphs.Node("Concat", ["m", "h0"], ["h1"], ("axis", 1L)), Add("h1", "places", "h")],
            "position" => [Linear("x", "w", "h0"), Add("h0", "w.b", "h1"), SmallGraphs.Node("Slice", ["table", "zero", "five", "zero"], ["p"]), Add("p", "h1", "h")],
            "from outside" => [Linear("x", "w", "h0"), SmallGraphs.Node("Tanh", ["h0"], ["h1"]), Linear("x", "w2", "h2"), Add("h1", "h2", "h")],
            "shared table" => [SmallGraphs.Node("Transpose", ["head"], ["turned"], ("perm", (long[])[1, 0])), Linear("x", "w", "h0"), SmallGraphs.Node("Gather", ["turned", "ids"], ["p"]), Add("p", "h0", "h")],
            _ => [Linear("x", "w", "h0"), Add("h0", "w.b", "h")],
        };
        NodeProto[] inner(string from, string to) => form switch
        {
            "flattened" => [SmallGraphs.Node("Reshape", [from, "rows"], ["f"]), SmallGraphs.Node("Gemm", ["f", "in"], ["f1"]), SmallGraphs.Node("Relu", ["f1"], ["f2"]),
                SmallGraphs.Node("Gemm", ["f2", "out", "out.b"], ["f3"]), SmallGraphs.Node("Reshape", ["f3", "back"], [to])],
            "layer scale" => [Linear(from, "in", "f1"), SmallGraphs.Node("Relu", ["f1"], ["f2"]), Linear("f2", "out", "f3"), Add("f3", "out.b", "f4"), SmallGraphs.Node("Mul", ["f4", "gamma"], [to])],
            "number" => [Linear(from, "in", "f1"), SmallGraphs.Node("Relu", ["f1"], ["f2"]), Linear("f2", "out", "f3"), Add("out.b", "f3", "f4"), SmallGraphs.Node("Div", ["f4", "three"], [to])],
            "sum of sums" => [Linear(from, "in", "f1"), SmallGraphs.Node("Relu", ["f1"], ["f2"]), Linear("f2", "out", "f3"), Linear("x", "w2", "f4"), Add("f3", "f4", to)],
            _ => [Linear(from, "in", "f0"), Add("f0", "in.b", "f1"), SmallGraphs.Node("Relu", ["f1"], ["f2"]), Linear("f2", "out", "f3"), Add("f3", "out.b", to)],
        };
        NodeProto[] nodes = form == "post-norm"
            ? [.. stem, .. Normalized("h", "n1"), .. inner("n1", "f"), Add("n1", "f", "s"), .. Normalized("s", "n2"), Linear("n2", "head", "y")]
            : [.. stem, .. Normalized("h", "n1"), .. inner("n1", "e"), Add("h", "e", "s"), .. form == "mean kept" ? (NodeProto[])[Linear("s", "head", "y0")] : [],
                .. Normalized("s", form == "leaving" ? "y" : "n2"), .. form == "leaving" ? (NodeProto[])[] : [Linear("n2", "head", form == "mean kept" ? "y1" : "y")], .. form == "mean kept" ? (NodeProto[])[Add("y0", "y1", "y")] : []];
        if (form.StartsWith("fused", StringComparison.Ordinal))
        {
            var fused = form == "fused" ? SmallGraphs.Node("com.microsoft.SkipLayerNormalization", ["h", "e", "n2.g", "n2.b", "out.b"], ["n2", "", "", "s"], ("epsilon", 0.01f))
                : SmallGraphs.Node("com.microsoft.SkipSimplifiedLayerNormalization", ["h", "e", "n2.g", "out.b"], ["n2", "", "", "s"], ("epsilon", 0.01f));
            nodes = [.. stem, .. Normalized("h", "n1"), .. inner("n1", "e"), fused, Linear("n2", "head", "y0"), Linear("s", "head", "y1"), Add("y0", "y1", "y")];
        }
        if (spoilt is not null) nodes = [.. nodes.Where(node => node.Output[0] is not "y"), spoilt];
        (string, long[])[] weights =
        [
            ("w", [2, Width]), ("w.b", [Width]), ("w2", [2, Width]), ("in", [Width, hidden]), ("in.b", [hidden]), ("out", [hidden, Width]), ("out.b", [Width]), ("head", [Width, 3]), ("gamma", [Width]),
            ("n1.g", [Width]), ("n1.b", [Width]), ("n2.g", [Width]), ("n2.b", [Width]), ("y.g", [Width]), ("y.b", [Width]), ("mark", [Width]), ("places", [1, 6, Width]), ("table", [7, Width]), ("epsilon", []), ("three", []),
        ];
        foreach (var node in nodes) node.Name = node.Output[0];
        var used = nodes.SelectMany(node => node.Input).ToHashSet();
        (string, long[])[] integers = [("rows", [-1, Width]), ("back", [4, 5, Width]), ("marks", [4, 1, Width]), ("zero", [0]), ("five", [5]), ("ids", [0, 2, 1, 0, 2])];
        var network = Nets.Of(nodes, [4, 5, 2], [.. weights.Where(weight => used.Contains(weight.Item1))], 3, integers: [.. integers.Where(own => used.Contains(own.Item1))]);
        foreach (var (name, value) in ((string, float)[])[("epsilon", 0.01f), ("three", 3)])
        {
            using var frozen = no_grad();
            if (network.Constants.TryGetValue(name, out var constant)) constant.fill_(value);
        }
        network.Store();
        return network;
    }

    private static Dictionary<string, Tensor> Draw(Network network, int seed)
    {
        using var generator = new Generator((ulong)seed);
        return network.Graph.Inputs.ToDictionary(input => input.Name, input => randn(input.ShapeWith(4), generator: generator).to(TorchTensors.TypeOf(input.Type)));
    }
}
