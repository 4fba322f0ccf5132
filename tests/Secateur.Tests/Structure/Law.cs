using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Structure;
using Secateur.Testing;
using Secateur.Tests.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Structure;

/// <summary>Removed equals masked, in stock ONNX Runtime and in our execution.</summary>
internal static class Law
{
    /// <summary>Which units of a map's free dimensions stay, drawn.</summary>
    /// <param name="map">Of a model.</param>
    /// <param name="share">Of the units of each, in (0, 1); at least one goes and one stays.</param>
    /// <param name="random">Draws them.</param>
    public static Dictionary<Dimension, bool[]> Draw(StructureMap map, double share, Random random) => map.FreeDimensions().ToDictionary(dimension => dimension, dimension =>
    {
        var units = Enumerable.Range(0, (int)dimension.Size).ToArray();
        random.Shuffle(units);
        var stays = new bool[dimension.Size];
        foreach (var unit in units[..(int)Math.Clamp(Math.Round(dimension.Size * (1 - share)), 1, dimension.Size - 1)]) stays[unit] = true;
        return stays;
    });

    /// <summary>Removes units and compares.</summary>
    /// <returns>How far the twin is from the whole model, relative to its largest output; NaN where that is not finite, or it does not run.</returns>
    public static double Check(StructureMap map, IReadOnlyDictionary<Dimension, bool[]> kept, IReadOnlyList<TensorProto> inputs, string place = "")
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var removal = new Removal(map, kept);
        var model = map.Network.Model;
        var (smaller, twin) = (removal.Apply(model), removal.Mask(model));
        Tensor[] dense;
        try
        {
            dense = StockRuntime.Run(model, inputs);
        }
        catch (Microsoft.ML.OnnxRuntime.OnnxRuntimeException)
        {
            return double.NaN; // the whole model does not run there either
        }
        if (dense.Any(tensor => !tensor.to(ScalarType.Float64).isfinite().all().item<bool>())) return double.NaN;
        var masked = Run(twin, "the twin");
        var removed = Run(smaller, "the smaller model");
        using var network = new Network(smaller);
        var own = network.Run(inputs.ToDictionary(input => input.Name, input => input.ToTorch()));
        Near(masked, removed, "removed differs from masked");
        Near(removed, own, "ours differs from ONNX Runtime's");
        return dense.Zip(masked).Max(pair => Distance(pair.First, pair.Second));

        Tensor[] Run(OnnxModel one, string which)
        {
            try
            {
                return StockRuntime.Run(one, inputs);
            }
            catch (Microsoft.ML.OnnxRuntime.OnnxRuntimeException e)
            {
                throw new Xunit.Sdk.XunitException($"{which} does not run: {e.Message} {Told()}");
            }
        }

        void Near(Tensor[] expected, Tensor[] actual, string what)
        {
            foreach (var (one, other) in expected.Zip(actual))
            {
                Assert.True(one.shape.AsSpan().SequenceEqual(other.shape), $"{what}: [{string.Join(", ", one.shape)}] and [{string.Join(", ", other.shape)}] {Told()}");
                Assert.True(Distance(one, other) < 1e-4, $"{what}: {one.cstr()} and {other.cstr()} {Told()}");
            }
        }

        string Told() => $"{place}; {string.Join("; ", kept.Select(one => $"of {one.Key.Size} stay {string.Concat(one.Value.Select(stays => stays ? '1' : '0'))}"))}; {string.Join(" ", model.Proto.Graph.Node)}";
    }

    /// <summary>The largest difference, relative to the largest element; below 0.5 as if to that, since sums of both signs are all error there.</summary>
    private static double Distance(Tensor expected, Tensor actual)
    {
        if (expected.numel() == 0) return 0;
        var (one, other) = (expected.to(ScalarType.Float64), actual.to(ScalarType.Float64));
        return ((one - other).abs().max() / one.abs().max().clamp_min(0.5)).item<double>();
    }

    /// <summary>The law for a network at 30 and 60 %.</summary>
    /// <param name="least">Units that must at least be free.</param>
    public static void Holds(Network network, int least, params TensorProto[] inputs)
    {
        using var owned = network;
        using var map = StructureMap.Of(network);
        var held = string.Join("; ", map.Groups.Where(group => group.Held is not null).Select(group => $"{group.Name} {group.Size}: {group.Held}"));
        Assert.True(map.FreeDimensions().Sum(dimension => dimension.Size) >= least, $"{map.FreeDimensions().Sum(dimension => dimension.Size)} units are free, not {least}; held {held}");
        foreach (var share in (double[])[0.3, 0.6])
            Assert.True(Check(map, Draw(map, share, new Random(7)), inputs) > 1e-3 || least == 0, "the units had no effect: nothing was tested");
    }

    /// <summary>A network of nodes with drawn weights.</summary>
    /// <param name="inputs">Names and shapes; a size of −1 is open.</param>
    public static Network Net(NodeProto[] nodes, (string Name, long[] Shape)[] inputs, (string Name, long[] Shape)[] weights, TensorProto[] numbers, string[] outputs, long opset = 17, int seed = 1)
    {
        var random = new Random(seed);
        foreach (var (index, node) in nodes.Index()) node.Name += index;
        var model = SmallGraphs.Of(opset, nodes, inputs.Select(input => Floats(input.Name, random, [.. input.Shape.Select(size => Math.Abs(size))])),
            [.. weights.Select(weight => Floats(weight.Name, random, weight.Shape)), .. numbers], outputs).Proto;
        foreach (var (value, input) in model.Graph.Input.Zip(inputs))
            foreach (var (dim, size) in value.Type.TensorType.Shape.Dim.Zip(input.Shape))
                if (size < 0) dim.DimParam = "n";
        return new Network(new OnnxModel(model, "small.onnx"));
    }

    public static TensorProto Floats(string name, Random random, params long[] shape) =>
        TensorData.Of(name, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(_ => random.NextSingle() - 0.5f)], shape);

    public static TensorProto Numbers(string name, params long[] numbers) => TensorData.Of(name, numbers, numbers.Length);
}
