using Secateur.Architectures;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Structure;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Tests.Structure;

public sealed class BranchesTests
{
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData("plain", 1)]
    [InlineData("downsampled", 1)]
    [InlineData("pre-norm", 2)]
    [InlineData("post-norm", 2)]
    [InlineData("layer scale", 1)]
    [InlineData("nested", 2)]
    [InlineData("parallel", 2)]
    [InlineData("ends the graph", 1)]
    [InlineData("sequence", 2)]
    [InlineData("perceptron", 2)]
    [InlineData("conv-6", 3)]
    [InlineData("resnet-20", 9)]
    [InlineData("vit-small", 8)]
    [InlineData("mobilenet-v2-small", 2)]
    public void Removed_equals_masked(string graph, int least)
    {
        using var network = new Network(Drawn(Model(graph)));
        var branches = Branches.Of(network);
        Branch[] free = [.. branches.All.Where(branch => branch.Held is null)];
        Assert.True(free.Length >= least, string.Join("; ", branches.All.Select(branch => $"{branch.Name}: {branch.Held}")));
        var random = new Random(3);
        Branch[][] choices = [free, [free[0]], [free[^1]], [.. free.Where(_ => random.Next(2) == 0)]];
        foreach (var gone in choices.Where(gone => gone.Length > 0))
        {
            var outcome = BranchLaw.Check(branches, gone, 5, 4, Directory.CreateTempSubdirectory("secateur-").FullName);
            Assert.InRange(outcome.Error, 0, Tolerance);
            Assert.InRange(outcome.Own, 0, 1e-4);
            Assert.InRange(outcome.Effect, 1e-3, double.PositiveInfinity);
        }
    }

    [Fact]
    public void A_removed_branch_takes_its_nodes_and_constants_and_nothing_else()
    {
        using var network = new Network(Drawn(Model("downsampled")));
        var branches = Branches.Of(network);
        var branch = Assert.Single(branches.All);
        Assert.Equal(["a.weight", "b.weight"], branch.Weights);
        Assert.Equal(["b.norm.bias", "b.norm.scale"], branch.Gate.Order(StringComparer.Ordinal));
        var model = new BranchRemoval(branches, [branch]).Apply(network.Model);
        Assert.DoesNotContain(model.Graph.Constants.Keys, name => name.StartsWith("a.", StringComparison.Ordinal) || name.StartsWith("b.", StringComparison.Ordinal));
        Assert.Contains("skip.weight", model.Graph.Constants.Keys);
        Assert.DoesNotContain(model.Graph.Nodes, node => node.OpType == "Add");
        Assert.Equal(network.Graph.Outputs.Select(output => output.ToString()), model.Graph.Outputs.Select(output => output.ToString()));
    }

    [Fact]
    public void Nothing_removed_is_the_same_file()
    {
        using var network = new Network(Model("resnet-20"));
        Assert.Equal(network.Model.Hash(), new BranchRemoval(Branches.Of(network), []).Apply(network.Model).Hash());
    }

    [Theory]
    [InlineData("Softmax", "'softmax' (Softmax): zeros before it are no zeros behind it")]
    [InlineData("Relu", null)]
    [InlineData("Tanh", null)]
    public void A_branch_that_cannot_be_zero_is_held_by_its_node(string last, string? held)
    {
        using var network = Nets.Of([SmallGraphs.Node("MatMul", ["x", "w"], ["h"]), SmallGraphs.Node(last, ["h"], ["s"]), SmallGraphs.Node("Add", ["x", "s"], ["y"])], [4, 8], [("w", [8, 8])], 1);
        Assert.Equal(held is null ? null : $"held by {held}", Assert.Single(Branches.Of(network).All, branch => branch.IsResidual).Held);
    }

    [Fact]
    public void A_branch_that_is_read_elsewhere_is_held()
    {
        using var network = Nets.Of(
            [
                SmallGraphs.Node("MatMul", ["x", "w"], ["h"]), SmallGraphs.Node("Add", ["x", "h"], ["s"]),
                SmallGraphs.Node("Mul", ["s", "h"], ["y"]),
            ], [4, 8], [("w", [8, 8])], 1);
        Assert.Equal("held by 'matmul' (MatMul): its result is read outside of the branch too", Assert.Single(Branches.Of(network).All, branch => branch.IsResidual).Held);
    }

    [Fact]
    public void Sums_of_positions_and_of_two_like_paths_are_no_branches()
    {
        using var positions = Nets.Of([SmallGraphs.Node("MatMul", ["x", "w"], ["h"]), SmallGraphs.Node("Add", ["h", "p"], ["y"])], [4, 8], [("w", [8, 8]), ("p", [1, 8])], 1);
        Assert.DoesNotContain(Branches.Of(positions).All, branch => branch.IsResidual);
        using var alike = Nets.Of([SmallGraphs.Node("MatMul", ["x", "v"], ["g"]), SmallGraphs.Node("MatMul", ["x", "w"], ["h"]), SmallGraphs.Node("Add", ["g", "h"], ["y"])],
            [4, 8], [("v", [8, 8]), ("w", [8, 8])], 1);
        Assert.DoesNotContain(Branches.Of(alike).All, branch => branch.IsResidual);
    }

    [Fact]
    public void A_constant_that_others_read_too_is_no_gate()
    {
        using var network = Nets.Of(
            [
                SmallGraphs.Node("MatMul", ["x", "w"], ["g"]), SmallGraphs.Node("MatMul", ["g", "w"], ["h"]), SmallGraphs.Node("Add", ["g", "h"], ["y"]),
            ], [4, 8], [("w", [8, 8])], 1);
        Assert.All(Branches.Of(network).All, branch => Assert.NotNull(branch.Held));
    }

    [Theory]
    [InlineData(3, 1, 1, null)]
    [InlineData(3, 2, 2, null)]
    [InlineData(2, 1, 1, null)]
    [InlineData(4, 1, 2, null)]
    [InlineData(3, 1, 2, "held by 'conv' (Conv): no weight makes it the identity")]
    public void A_kernel_is_the_identity_wherever_its_middle_is(long kernel, long dilation, long before, string? held)
    {
        var after = dilation * (kernel - 1) - before;
        using var network = Nets.Of([SmallGraphs.Node("Conv", ["x", "w"], ["y"], ("pads", (long[])[before, before, after, after]), ("dilations", (long[])[dilation, dilation]))],
            [4, 4, 6, 6], [("w", [4, 4, kernel, kernel])], 1);
        var branches = Branches.Of(network);
        var layer = Assert.Single(branches.All);
        Assert.Equal(held, layer.Held);
        if (held is null) Assert.InRange(BranchLaw.Check(branches, [layer], 5, 2, Directory.CreateTempSubdirectory("secateur-").FullName).Error, 0, Tolerance);
    }

    [Fact]
    public void A_layer_goes_with_its_bias_and_normalization_and_leaves_the_activation()
    {
        using var network = new Network(Drawn(Model("sequence")));
        var branches = Branches.Of(network);
        Assert.Equal(["a.weight", "c.weight", "b.weight"], branches.All.Select(layer => layer.Name));
        var model = new BranchRemoval(branches, branches.All).Apply(network.Model);
        Assert.Equal(["Conv", "Relu", "Relu", "Relu", "GlobalAveragePool", "Flatten", "Gemm"], model.Graph.Nodes.Select(node => node.OpType));
        Assert.All(model.Graph.Constants.Keys, name => Assert.True(name.StartsWith("stem.", StringComparison.Ordinal) || name.StartsWith("head.", StringComparison.Ordinal), name));
    }

    [Fact]
    public void A_layer_whose_weight_another_reads_is_held_by_that_node()
    {
        using var network = Nets.Of([SmallGraphs.Node("MatMul", ["x", "w"], ["g"]), SmallGraphs.Node("Relu", ["g"], ["h"]), SmallGraphs.Node("Gemm", ["h", "w"], ["y"])], [4, 8], [("w", [8, 8])], 1);
        Assert.All(Branches.Of(network).All, layer => Assert.Matches("^held by 'gemm' .Gemm.: it reads 'w' too$", layer.Held));
    }

    [Fact]
    public void A_network_runs_as_if_a_branch_were_gone_and_again_as_it_was()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        foreach (var graph in (string[])["sequence", "perceptron", "resnet-20"])
        {
            using var network = new Network(Drawn(Model(graph)));
            var branches = Branches.Of(network);
            var inputs = network.Graph.Inputs.ToDictionary(input => input.Name, input => TorchSharp.torch.rand(input.ShapeWith(2)));
            var before = network.Run(inputs)[0];
            Branch[] free = [.. branches.All.Where(branch => branch.Held is null)];
            foreach (var branch in free) branches.Leave(branch);
            var without = network.Run(inputs)[0];
            foreach (var branch in free) branches.TakeBack(branch);
            using var shorter = new Network(new BranchRemoval(branches, free).Apply(network.Model));
            Assert.True(shorter.Run(inputs)[0].allclose(without, 1e-5, 1e-6), graph);
            Assert.True(network.Run(inputs)[0].equal(before).all().item<bool>(), graph);
        }
    }

    private static OnnxModel Model(string graph) => Architecture.All.TryGetValue(graph, out var architecture)
        ? architecture.Build(new() { InputShape = graph == "vit-small" ? [1, 28, 28] : [3, 32, 32], Classes = 5, Width = 0.5 }, 7)
        : Small(graph);

    private static OnnxModel Small(string name)
    {
        var graph = new GraphBuilder("small", 3);
        if (name is "plain" or "downsampled" or "nested" or "ends the graph")
        {
            var picture = graph.Conv("stem", graph.Input("input", DataType.Float, 3, 8, 8), 4, kernel: 3, pad: 1);
            string Block(string x, string a, string b, long stride, long outputs) => graph.BatchNorm($"{b}.norm",
                graph.Conv(b, graph.Relu(graph.BatchNorm($"{a}.norm", graph.Conv(a, x, outputs, kernel: 3, stride: stride, pad: 1, bias: false))), outputs, kernel: 3, pad: 1, bias: false));
            picture = name switch
            {
                "downsampled" => graph.Add(graph.BatchNorm("skip.norm", graph.Conv("skip", picture, 8, kernel: 1, stride: 2, bias: false)), Block(picture, "a", "b", 2, 8)),
                "nested" => graph.Add(picture, graph.Conv("out", graph.Add(picture, Block(picture, "a", "b", 1, 4)), 4, kernel: 1)),
                _ => graph.Add(picture, Block(picture, "a", "b", 1, 4)),
            };
            graph.Output(name == "ends the graph" ? picture : graph.Gemm("head", graph.Flatten(graph.GlobalAveragePool(graph.Relu(picture))), 3, relu: false), "output");
            return graph.ToModel();
        }
        if (name == "sequence")
        {
            var value = graph.Relu(graph.Conv("stem", graph.Input("input", DataType.Float, 3, 8, 8), 4, kernel: 3, pad: 1));
            value = graph.Relu(graph.BatchNorm("a.norm", graph.Conv("a", value, 4, kernel: 3, pad: 1, bias: false)));
            value = graph.Relu(graph.BatchNorm("b.norm", graph.Conv("b", graph.Conv("c", value, 4, kernel: 1, group: 2), 4, kernel: 5, pad: 2, group: 4)));
            graph.Output(graph.Gemm("head", graph.Flatten(graph.GlobalAveragePool(value)), 3, relu: false), "output");
            return graph.ToModel();
        }
        if (name == "perceptron")
        {
            var value = graph.Relu(graph.Gemm("first", graph.Flatten(graph.Input("input", DataType.Float, 2, 4)), 6, relu: true));
            value = graph.Relu(graph.Linear("second", graph.Relu(graph.Gemm("third", value, 6, relu: true)), 6));
            graph.Output(graph.Gemm("head", value, 3, relu: false), "output");
            return graph.ToModel();
        }
        var x = graph.Linear("embed", graph.Input("input", DataType.Float, 4, 8), 8); // [tokens, size]
        string Mixing(string of) => graph.Linear("mix.out", graph.MatMul(graph.Softmax(graph.MatMul(graph.Linear("mix.query", of, 4), graph.Transpose(graph.Linear("mix.key", of, 4), 0, 2, 1))), graph.Linear("mix.value", of, 8)), 8);
        string Neurons(string of) => graph.Linear("fc2", graph.Relu(graph.Linear("fc1", of, 16)), 8);
        switch (name)
        {
            case "pre-norm":
                x = graph.Add(x, Mixing(graph.LayerNorm("norm1", x)));
                x = graph.Add(x, Neurons(graph.LayerNorm("norm2", x)));
                break;
            case "post-norm":
                x = graph.LayerNorm("norm1", graph.Add(x, Mixing(x)));
                x = graph.LayerNorm("norm2", graph.Add(x, Neurons(x)));
                break;
            case "layer scale":
                x = graph.Add(x, graph.With("Mul", Neurons(graph.LayerNorm("norm", x)), "gamma", [1, 2, 3, 4, 5, 6, 7, 8]));
                break;
            case "parallel":
                var normal = graph.LayerNorm("norm", x);
                x = graph.Add(graph.Add(x, Mixing(normal)), Neurons(normal));
                break;
        }
        graph.Output(graph.Gemm("head", graph.Reduce("ReduceMean", x, axis: 1), 3, relu: false), "output");
        return graph.ToModel();
    }

    /// <summary>The same with numbers drawn for all that is learned, so that no bias is zero by chance.</summary>
    private static OnnxModel Drawn(OnnxModel model)
    {
        var random = new Random(11);
        using var network = new Network(model);
        foreach (var name in network.Parameters.Keys)
        {
            var tensor = model.Graph.Constants[name];
            var values = tensor.ToArray<float>();
            for (var i = 0; i < values.Length; i++) values[i] += 0.2f * (random.NextSingle() - 0.5f);
            tensor.RawData = TensorData.Of(name, values, [.. tensor.Dims]).RawData;
        }
        return model.Reread();
    }
}
