using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Pruning;
using Secateur.Testing;
using Secateur.Tests.Evaluation;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Execution;

/// <summary>Weights that reach their node only through nodes that lay them out anew.</summary>
public sealed class LearnedUseTests
{
    public LearnedUseTests() => Threads.Use(1);

    public static TheoryData<string, long[]> Chains => new()
    {
        { "Transpose", [3, 2] },
        { "Transpose Identity Cast", [3, 2] },
        { "Reshape:2,3", [6] },
        { "Reshape:2,3", [2, 1, 3] },
        { "Reshape:0,-1", [2, 3] },
        { "Flatten", [2, 3, 1] },
        { "Squeeze", [2, 1, 3] },
        { "Unsqueeze:0 Squeeze Transpose", [3, 2] },
        { "Transpose:1,2,0 Reshape:2,12", [4, 2, 3] },   // an input axis of the product made of two of the file
        { "Reshape:4,6 Transpose", [4, 2, 3] },
        { "Reshape:4,2,3 Transpose:1,0,2 Reshape:2,12", [8, 3] }, // an axis of the file split into two
    };

    [Theory]
    [MemberData(nameof(Chains))]
    public void Is_seen_as_the_matrix_that_its_node_multiplies_by(string chain, long[] file)
    {
        using var scope = NewDisposeScope();
        using var network = Product(chain, file);
        var weight = Assert.Single(network.Weights);
        Assert.Equal(("w", 1), (weight.Name, weight.Input));
        Assert.Equal(file, weight.Shape);
        Tensor? read = null;
        network.Run(new Dictionary<string, Tensor> { ["x"] = ones(4, Inner(chain, file)) }, default, (node, inputs, _) =>
        {
            if (node == weight.Node) read = inputs[1]!.detach().clone();
        });
        Assert.Equal(read!.Values(), weight.Matrix.Values());
        Assert.Equal((read!.shape[0], read.shape[1], 1), (weight.Outputs, weight.Inputs, weight.Kernel));
        Assert.Equal(weight.Tensor.Values(), weight.FromMatrix(weight.Matrix).Values());
    }

    [Theory]
    [MemberData(nameof(Chains))]
    public void Is_learned_and_pruned_in_the_files_layout(string chain, long[] file)
    {
        using var scope = NewDisposeScope();
        using var network = Product(chain, file);
        var (weight, x) = (network.Weights[0], new Dictionary<string, Tensor> { ["x"] = rand(4, Inner(chain, file)) });
        network.Run(x)[0].square().sum().backward();
        Assert.True(weight.Tensor.grad!.count_nonzero().item<long>() > 0);
        var mask = ones_like(weight.Matrix);
        mask[1] = 0; // one output
        using (no_grad()) weight.Tensor.mul_(weight.FromMatrix(mask));
        network.Store();
        using var again = new Network(new OnnxModel(network.Model.Proto));
        var y = again.Run(x)[0];
        Assert.Equal(network.Run(x)[0].Values(), y.Values());
        Assert.Equal(y.shape[0], y.shape[0] * y.shape[1] - y.count_nonzero().item<long>());
    }

    [Fact]
    public void Kernel_behind_a_reshape_is_that_of_the_convolution()
    {
        using var scope = NewDisposeScope();
        using var direct = Nets.Conv(3, 5);
        using var behind = Nets.Of([Node("Reshape", ["w", "shape"], ["k"]), SmallGraphs.Node("Conv", ["x", "k"], ["y"])], [4, 3, 6, 6], [("w", [5, 27])], 1,
            integers: ("shape", [5, 3, 3, 3]));
        var (one, other) = (direct.Weights[0], Assert.Single(behind.Weights));
        Assert.Equal((one.Outputs, one.Inputs, one.Kernel), (other.Outputs, other.Inputs, other.Kernel));
        Assert.Equal(one.Matrix.Values(), other.Matrix.Values());
        var seen = Inspection.Of(behind.Model);
        Assert.Equal((135, 5 * 27 * 16), (seen.Parameters, Assert.Single(seen.Layers).Macs));
    }

    [Fact]
    public void Axes_that_a_reshape_mixes_are_learned_but_left_alone_and_told()
    {
        using var network = Product("Reshape:8,3", [4, 6]);
        using var other = Product("Reshape:8,3", [6, 4]);
        Assert.Single(network.Weights); // 4·(2·3) is (4·2)·3
        Assert.Empty(other.Weights);
        Assert.Single(other.Parameters);
        var layer = Assert.Single(Inspection.Of(other.Model).Layers);
        Assert.Equal(("weight", "node 'reshape0' (Reshape) mixes its axes, so its outputs are not whole in the file"), (layer.Kind, layer.Unfit));
        var choice = new MaskStep(other, new Recipe { Sparsity = 0.5 }).Choices.Single(choice => choice.Tensor == "w");
        Assert.Equal((false, layer.Unfit), (choice.Prune, choice.Why));
    }

    [Fact]
    public void A_shape_that_the_file_does_not_tell_leaves_the_constant_alone()
    {
        using var network = Nets.Of(
            [Node("Shape", ["x"], ["s"]), Node("Reshape", ["w", "s"], ["r"]), SmallGraphs.Node("MatMul", ["x", "r"], ["y"])], [3, 3], [("w", [9])], 1);
        Assert.Empty(network.Parameters);
        Assert.StartsWith("node 'reshape' (Reshape) gives it a shape that the file does not tell", Assert.Single(new MaskStep(network, new Recipe { Sparsity = 0.5 }).Choices).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Tied_embedding_counts_once()
    {
        using var scope = NewDisposeScope();
        var embedding = TensorData.Of("e", Enumerable.Range(0, 12).Select(i => i / 12f).ToArray(), 4, 3);
        var model = SmallGraphs.Of(17,
            [SmallGraphs.Node("Gather", ["e", "tokens"], ["h"]), SmallGraphs.Node("Transpose", ["e"], ["t"]), SmallGraphs.Node("MatMul", ["h", "t"], ["y"])],
            [TensorData.Of("tokens", [0L, 3], 1, 2)], [embedding], ["y"]);
        var seen = Inspection.Of(model);
        Assert.Equal((12, 2 * 4 * 3), (seen.Parameters, seen.Macs));
        Assert.Equal(("e", "embedding"), seen.Layers.Select(layer => (layer.Name, layer.Kind)).Single());
        using var network = new Network(model);
        network.Run(new Dictionary<string, Tensor> { ["tokens"] = tensor([0L, 3], [1, 2]) })[0].sum().backward();
        Assert.Empty(network.Weights);
        Assert.Equal([4, 3], Assert.Single(network.Parameters).Value.grad!.shape);
    }

    [Fact]
    public void The_main_job_prunes_it_in_the_file()
    {
        using var folder = new TemporaryFolder();
        var (dense, pruned) = (folder.File("dense.onnx"), folder.File("pruned.onnx"));
        using (var network = Product("Reshape:4,2,3 Transpose:1,0,2 Reshape:2,12", [8, 3])) network.Model.Save(dense);
        var result = Pruner.For(dense).With(new Recipe { Sparsity = 0.5, Ends = Ends.All }).Run(null, pruned, new() { Benchmark = false }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(0.5, result.Sparsity);
        var (before, after) = (OnnxModel.Load(dense).Graph.Constants["w"].ToArray<float>(), OnnxModel.Load(pruned).Graph.Constants["w"].ToArray<float>());
        var threshold = before.Select(Math.Abs).Order().ElementAt(12);
        Assert.Equal(before.Select(value => Math.Abs(value) < threshold ? 0 : value), after);
    }

    [Theory, InlineData("Transpose", "perm"), InlineData("Transpose", ""), InlineData("Reshape", ""), InlineData("Cast", "to")]
    public void A_damaged_link_is_told_when_it_is_run(string type, string attribute)
    {
        using var scope = NewDisposeScope();
        var link = Node(type, attribute == "perm" ? ["w"] : [], ["r"], attribute switch { "perm" => [("perm", new[] { 0L, 7 })], "to" => [("to", 1L)], _ => [] });
        using var network = Nets.Of([link, SmallGraphs.Node("Gemm", ["x", "r"], ["y"])], [2, 3], [("w", [3, 3])], 1);
        Assert.Contains($"'{type.ToLowerInvariant()}' ({type})", Assert.Throws<SecateurException>(() => network.Run(new Dictionary<string, Tensor> { ["x"] = ones(2, 3) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Units_behind_a_transpose_are_tied_by_the_files_axes()
    {
        using var network = Nets.Of(
            [
                Node("Transpose", ["w1"], ["t1"]), SmallGraphs.Node("MatMul", ["x", "t1"], ["h"]), SmallGraphs.Node("Relu", ["h"], ["r"]),
                Node("Transpose", ["w2"], ["t2"]), SmallGraphs.Node("MatMul", ["r", "t2"], ["y"]),
            ],
            [2, 3], [("w1", [5, 3]), ("w2", [4, 5])], 1);
        var group = Inspection.Of(network.Model).Groups[0];
        Assert.Equal(("w1", 5L, true), (group.Name, group.Size, group.Free));
        Assert.Equal(["w1[0]", "w2[1]"], group.Members);
    }

    /// <summary>y = x·transpose of what the chain makes of w: [out, in].</summary>
    private static Network Product(string chain, long[] file)
    {
        List<NodeProto> nodes = [];
        List<(string, long[])> integers = [];
        var last = "w";
        foreach (var (place, link) in chain.Split(' ').Index())
        {
            var (type, numbers) = link.Split(':') is [var op, var told] ? (op, told.Split(',').Select(long.Parse).ToArray()) : (link, []);
            var (inputs, made) = ((List<string>)[last], $"v{place}");
            if (type is "Reshape" or "Unsqueeze")
            {
                inputs.Add($"i{place}");
                integers.Add(($"i{place}", numbers));
            }
            nodes.Add(Node(type, inputs, [made], type == "Transpose" && numbers.Length > 0 ? [("perm", numbers)] : type == "Cast" ? [("to", 1L)] : []));
            nodes[^1].Name = $"{type.ToLowerInvariant()}{place}";
            last = made;
        }
        nodes.Add(SmallGraphs.Node("Gemm", ["x", last], ["y"], ("transB", 1L)));
        return Nets.Of([.. nodes], [4, Inner(chain, file)], [("w", file)], 1, integers: [.. integers]);
    }

    private static long Inner(string chain, long[] file) => chain.Contains("2,12", StringComparison.Ordinal) ? 12 : chain.Contains("4,6", StringComparison.Ordinal) ? 4 : 3;

    private static NodeProto Node(string type, IEnumerable<string> inputs, IEnumerable<string> outputs, params IEnumerable<(string, object)> attributes) =>
        SmallGraphs.Node(type, inputs, outputs, attributes);
}
