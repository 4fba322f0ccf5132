using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Testing;

/// <summary>The laws of removal for whole branches: removed equals masked, ours equals ONNX Runtime, edges keep their shapes.</summary>
public static class BranchLaw
{
    /// <summary>Removes branches and compares.</summary>
    /// <param name="branches">Of the model.</param>
    /// <param name="gone">Some of them, none held.</param>
    /// <param name="seed">Of the inputs.</param>
    /// <param name="examples">Random inputs, run one by one.</param>
    /// <param name="folder">Where models are written for ONNX Runtime.</param>
    /// <param name="draw">Inputs by a seed; normal ones where it is null.</param>
    public static RemovalLaw.Outcome Check(Branches branches, IReadOnlyCollection<Branch> gone, int seed, int examples, string folder, Func<int, Dictionary<string, Tensor>>? draw = null)
    {
        using var scope = NewDisposeScope();
        var removal = new BranchRemoval(branches, gone);
        var model = branches.Network.Model;
        Directory.CreateDirectory(folder);
        var (shorter, masked, dense) = (Path.Combine(folder, "shorter.onnx"), Path.Combine(folder, "masked.onnx"), Path.Combine(folder, "dense.onnx"));
        removal.Apply(model).Save(shorter);
        removal.Mask(model).Save(masked);
        new OnnxModel(model.Proto.Clone()).Save(dense);
        var outcome = new RemovalLaw.Outcome(gone.Count, 0, 0, 0);
        using OrtModel one = new(shorter, 1), other = new(masked, 1), whole = new(dense, 1);
        using var network = new Network(OnnxModel.Load(shorter));
        using var generator = new Generator((ulong)seed + 1);
        using var frozen = no_grad();
        for (var example = 0; example < examples; example++)
        {
            using var inner = NewDisposeScope();
            var inputs = draw?.Invoke(seed + example) ?? network.Graph.Inputs.ToDictionary(input => input.Name, input => randn(input.ShapeWith(1, 4), generator: generator));
            var (a, b, c) = (one.Run(inputs), other.Run(inputs), whole.Run(inputs));
            outcome = outcome with
            {
                Error = Math.Max(outcome.Error, RemovalLaw.Difference(b, a)),
                Own = Math.Max(outcome.Own, RemovalLaw.Difference(a, network.Run(inputs))),
                Effect = Math.Max(outcome.Effect, RemovalLaw.Difference(c, b)),
            };
        }
        foreach (var path in (string[])[shorter, masked, dense]) File.Delete(path);
        return outcome;
    }
}
