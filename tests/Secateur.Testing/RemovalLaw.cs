using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Testing;

/// <summary>The laws of removal, on any model: removed equals masked, ours equals ONNX Runtime, edges keep their shapes.</summary>
public static class RemovalLaw
{
    /// <summary>What a removal came to.</summary>
    /// <param name="Removed">Units that went.</param>
    /// <param name="Error">Largest difference of removed and masked in ONNX Runtime, relative to the largest output.</param>
    /// <param name="Own">Largest difference of ours and ONNX Runtime on the smaller model.</param>
    /// <param name="Effect">Largest difference of masked and dense: 0 would say that nothing was tested.</param>
    public sealed record Outcome(long Removed, double Error, double Own, double Effect);

    /// <summary>Removes random units of every group and compares.</summary>
    /// <param name="map">Of the model.</param>
    /// <param name="share">Of the units of each group, in (0, 1).</param>
    /// <param name="seed">Of the units and the inputs.</param>
    /// <param name="examples">Random inputs, run one by one.</param>
    /// <param name="folder">Where models are written for ONNX Runtime.</param>
    /// <param name="only">Groups to remove from; all where it is null.</param>
    /// <param name="feed">Inputs by a seed; random ones in the shapes that the map was made for where it is null.</param>
    public static Outcome Check(StructureMap map, double share, int seed, int examples, string folder, Func<Group, bool>? only = null, Func<int, Dictionary<string, Tensor>>? feed = null)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        Dictionary<Dimension, bool[]> kept = [];
        foreach (var group in map.Groups.Where(group => group.Held is null && only?.Invoke(group) != false))
        {
            var units = Enumerable.Range(0, (int)group.Size).ToArray();
            random.Shuffle(units);
            var stays = new bool[group.Size];
            foreach (var unit in units[..Math.Max(1, units.Length - (int)Math.Round(share * units.Length))]) stays[unit] = true;
            kept[group.Dimension] = stays;
        }
        var removal = new Removal(map, kept);
        var model = map.Network.Model;
        Directory.CreateDirectory(folder);
        var (smaller, masked, dense) = (Path.Combine(folder, "smaller.onnx"), Path.Combine(folder, "masked.onnx"), Path.Combine(folder, "dense.onnx"));
        removal.Apply(model).Save(smaller);
        removal.Mask(model).Save(masked);
        new OnnxModel(model.Proto.Clone()).Save(dense);
        var outcome = new Outcome(kept.Values.Sum(stays => stays.LongCount(one => !one)), 0, 0, 0);
        using OrtModel one = new(smaller, 1), other = new(masked, 1), whole = new(dense, 1);
        using var network = new Network(OnnxModel.Load(smaller));
        for (var example = 0; example < examples; example++)
        {
            using var inner = NewDisposeScope();
            var inputs = feed?.Invoke(seed + example) ?? Inputs(map, seed + example);
            var (a, b, c) = (one.Run(inputs), other.Run(inputs), whole.Run(inputs));
            using var frozen = no_grad();
            outcome = outcome with
            {
                Error = Math.Max(outcome.Error, Difference(b, a)),
                Own = Math.Max(outcome.Own, Difference(a, network.Run(inputs))),
                Effect = Math.Max(outcome.Effect, Difference(c, b)),
            };
        }
        foreach (var path in (string[])[smaller, masked, dense]) File.Delete(path);
        return outcome;
    }

    /// <summary>Random inputs in the shapes that the map was made for.</summary>
    public static Dictionary<string, Tensor> Inputs(StructureMap map, int seed)
    {
        using var generator = new Generator((ulong)seed + 1);
        return map.Network.Graph.Inputs.ToDictionary(input => input.Name, input =>
        {
            long[] shape = [.. map.Settings[0].Shapes[input.Name]];
            var type = TorchTensors.TypeOf(input.Type);
            if (is_floating_point(type)) return randn(shape, generator: generator).to_type(type);
            return (input.Name.Contains("mask", StringComparison.Ordinal) ? ones(shape) : randint(0, input.Name.Contains("type", StringComparison.Ordinal) ? 2 : 50, shape, generator: generator)).to_type(type);
        });
    }

    /// <summary>The largest difference of two runs, relative to the largest value of the first.</summary>
    public static double Difference(Tensor[] expected, Tensor[] made) => expected.Zip(made).Max(pair =>
    {
        if (!pair.First.shape.SequenceEqual(pair.Second.shape)) return double.PositiveInfinity;
        if (pair.First.numel() == 0) return 0;
        var (one, other) = (pair.First.to(float64), pair.Second.to(float64));
        return ((one - other).abs().max() / one.abs().max().clamp_min(1e-6)).item<double>() is var error && double.IsNaN(error) ? double.PositiveInfinity : error;
    });
}
