using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Structure.Ranks;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Tests.Structure;

public sealed class RanksTests
{
    public static TheoryData<string> Layers => ["gemm", "gemm transposed", "gemm tall", "matmul", "matmul tall", "conv 1x1", "conv 3x3", "conv strided"];

    [Theory]
    [MemberData(nameof(Layers))]
    public void At_full_rank_the_output_is_the_same(string layer)
    {
        using var network = Net(layer);
        Assert.InRange(Error(network, layer => layer.FullRank, calibrated: true, seed: 4), 0, 2e-5);
        Assert.InRange(Error(network, layer => layer.FullRank, calibrated: false, seed: 4), 0, 2e-5);
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void The_error_falls_as_the_rank_rises_and_calibration_never_adds_to_it(string layer)
    {
        using var network = Net(layer);
        var most = Assert.Single(Factorable.Of(network)).FullRank;
        var before = double.PositiveInfinity;
        for (var rank = 1; rank <= most; rank++)
        {
            var (calibrated, plain) = (Error(network, _ => rank, calibrated: true), Error(network, _ => rank, calibrated: false));
            Assert.InRange(calibrated, 0, (plain * (1 + 1e-4)) + 1e-5);
            Assert.InRange(calibrated, 0, (before * (1 + 1e-4)) + 1e-5);
            before = calibrated;
        }
    }

    [Fact]
    public void Of_inputs_in_a_subspace_its_dimension_is_rank_enough()
    {
        using var network = Net("gemm");
        Assert.InRange(Error(network, _ => 3, calibrated: true, dimensions: 3), 0, 1e-3);
        Assert.InRange(Error(network, _ => 3, calibrated: false, dimensions: 3), 0.05, 10);
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void The_energies_tell_the_error(string layer)
    {
        using var scope = NewDisposeScope();
        using var network = Net(layer);
        var only = Assert.Single(Factorable.Of(network));
        using var basis = Basis.Of(only, null);
        Assert.Equal(1, basis.Energies.Sum(), 9);
        Assert.Equal(basis.Energies.OrderDescending(), basis.Energies);
        var rank = only.FullRank / 2;
        var (up, down) = basis.Factors(only, rank);
        var weight = only.Weight.Matrix;
        var lost = ((weight - mm(up, down)).square().sum() / weight.square().sum()).item<float>();
        Assert.Equal(basis.Energies.Skip(rank).Sum(), lost, 4);
    }

    [Fact]
    public void Weights_that_two_nodes_read_and_groups_stay_whole()
    {
        using var shared = Nets.Of([SmallGraphs.Node("MatMul", ["x", "w"], ["h"]), SmallGraphs.Node("MatMul", ["h", "w"], ["y"])], [4, 8], [("w", [8, 8])], 1);
        Assert.Empty(Factorable.Of(shared));
        using var grouped = Nets.Conv(8, 8, group: 2);
        Assert.Empty(Factorable.Of(grouped));
    }

    [Fact]
    public void Two_layers_are_cheaper_below_the_rank_at_which_they_cost_the_same()
    {
        using var network = Nets.Dense(12, 6);
        var layer = Assert.Single(Factorable.Of(network));
        Assert.True(layer.IsCheaper(3));
        Assert.False(layer.IsCheaper(4)); // 4·(6 + 12) = 6·12
        Assert.Equal((54, 72, 72), (layer.Elements(3), layer.Elements(4), layer.Elements(6)));
    }

    /// <summary>The largest difference of the factored model in ONNX Runtime and the dense one in ours, relative to the largest output; without a seed of its own root mean square on the calibration inputs.</summary>
    private static double Error(Network network, Func<Factorable, int> rank, bool calibrated, int? seed = null, int dimensions = 0)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var layers = Factorable.Of(network);
        using var moments = new Moments();
        var inputs = Inputs(network, 2, dimensions);
        network.Run(inputs, default, (node, given, outputs) =>
        {
            foreach (var layer in layers.Where(layer => layer.Node == node && calibrated)) moments.Add(layer, given, outputs[0]!);
        });
        Dictionary<Factorable, (Tensor, Tensor)> factors = [];
        foreach (var layer in layers)
        {
            using var basis = Basis.Of(layer, moments[layer]);
            factors[layer] = basis.Factors(layer, rank(layer));
        }
        var path = Path.GetTempFileName();
        Splitting.Apply(network.Model, factors).Save(path);
        if (seed is { } other) inputs = Inputs(network, other, dimensions);
        using var runtime = new OrtModel(path, 1);
        var (made, expected) = (runtime.Run(inputs)[0].to(float64), network.Run(inputs)[0].to(float64));
        File.Delete(path);
        return seed is null ? ((made - expected).square().sum() / expected.square().sum()).sqrt().item<double>() : ((made - expected).abs().max() / expected.abs().max()).item<double>();
    }

    private static Dictionary<string, Tensor> Inputs(Network network, int seed, int dimensions)
    {
        using var generator = new Generator((ulong)seed);
        var input = network.Graph.Inputs[0];
        long[] shape = [40, .. input.Shape.Skip(1).Select(size => size!.Value)];
        var drawn = dimensions == 0 ? randn(shape, generator: generator) * arange(1, shape[^1] + 1) // unlike in its directions
            : mm(randn(40, dimensions, generator: generator), randn(dimensions, shape[1], generator: generator));
        return new() { [input.Name] = drawn };
    }

    private static Network Net(string layer)
    {
        NodeProto Gemm(long transposed) => SmallGraphs.Node("Gemm", ["x", "w", "b"], ["y"], ("transB", transposed), ("alpha", 0.5f), ("beta", 2f));
        NodeProto Conv(long kernel, long stride = 1) => SmallGraphs.Node("Conv", ["x", "w", "b"], ["y"],
            ("kernel_shape", new[] { kernel, kernel }), ("pads", new[] { kernel / 2, kernel / 2, kernel / 2, kernel / 2 }), ("strides", new[] { stride, stride }));
        return layer switch
        {
            "gemm" => Nets.Of([Gemm(0)], [4, 10], [("w", [10, 8]), ("b", [8])], 1),
            "gemm transposed" => Nets.Of([Gemm(1)], [4, 10], [("w", [8, 10]), ("b", [8])], 1),
            "gemm tall" => Nets.Of([Gemm(1)], [4, 6], [("w", [12, 6]), ("b", [12])], 1),
            "matmul" => Nets.Of([SmallGraphs.Node("MatMul", ["x", "w"], ["y"])], [4, 3, 10], [("w", [10, 8])], 1),
            "matmul tall" => Nets.Of([SmallGraphs.Node("MatMul", ["x", "w"], ["y"])], [4, 3, 6], [("w", [6, 12])], 1),
            "conv 1x1" => Nets.Of([Conv(1)], [4, 6, 5, 5], [("w", [12, 6, 1, 1]), ("b", [12])], 1),
            "conv 3x3" => Nets.Of([Conv(3)], [4, 3, 5, 5], [("w", [8, 3, 3, 3]), ("b", [8])], 1),
            "conv strided" => Nets.Of([Conv(3, 2)], [4, 3, 7, 7], [("w", [8, 3, 3, 3]), ("b", [8])], 1),
            _ => throw new ArgumentOutOfRangeException(nameof(layer), layer, "no such layer"),
        };
    }
}
