using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Structure;
using Secateur.Structure.Embedding;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Tests.Structure;

/// <summary>The laws of turned streams, on any model: at full width the same, sliced equals its twin, ours equals ONNX Runtime, edges keep names, types and shapes.</summary>
internal static class StreamLaw
{
    /// <summary>What turning came to; differences are relative to the largest output.</summary>
    /// <param name="Full">Of turned at full width and dense, in ONNX Runtime.</param>
    /// <param name="Twin">Of sliced and its twin, both with other weights since, in ONNX Runtime.</param>
    /// <param name="Own">Of ours and ONNX Runtime, sliced and twin, the larger.</param>
    /// <param name="Effect">Of sliced and dense.</param>
    public sealed record Outcome(double Full, double Twin, double Own, double Effect);

    public static (GraphView View, IReadOnlyList<ResidualStream> Streams, IReadOnlyList<string> Faults) Find(Network network, IReadOnlyDictionary<string, Tensor> inputs)
    {
        var view = new GraphView(network, StructureMap.SettingsOf(network, inputs.ToDictionary(pair => pair.Key, pair => pair.Value.shape)));
        var (streams, faults) = StreamSearch.Run(view);
        return (view, streams, faults);
    }

    /// <summary>Turns every stream, slices it, and compares.</summary>
    /// <param name="network">Of the model.</param>
    /// <param name="draw">Inputs by a seed.</param>
    /// <param name="kept">Features that stay.</param>
    /// <param name="folder">Where models are written for ONNX Runtime.</param>
    public static Outcome Check(Network network, Func<int, Dictionary<string, Tensor>> draw, Func<ResidualStream, long> kept, string folder)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var seen = draw(2);
        using var parts = new Network(Unfusing.Apply(network.Model));
        var (view, streams, _) = Find(parts, seen);
        Assert.NotEmpty(streams);
        using var moments = new StreamMoments(streams);
        foreach (var (name, value) in seen) moments.Add(name, value);
        parts.Run(seen, default, (node, _, outputs) => moments.Add(node, outputs));
        var directions = streams.SelectMany(stream => stream.Spaces).ToDictionary(space => space, space => Turn.Principal(moments[space]!, space.Centred));
        Turned Made(Func<ResidualStream, long> width, bool isWhole) => Turning.Apply(view, streams, space => directions[space], width, isWhole);

        var (full, sliced) = (Made(stream => stream.Width, false), Made(kept, false));
        AssertEdges(network.Model, full.Model);
        AssertEdges(network.Model, sliced.Model);
        var inputs = draw(5);
        var (dense, _) = Run(new OnnxModel(network.Model.Proto.Clone()), inputs, folder);
        var (turned, _) = Run(full.Model, inputs, folder);
        var (less, ours) = Run(sliced.Model, inputs, folder);
        var twin = new Twin(Made(kept, true), sliced);
        Train(sliced);
        var whole = twin.Of(sliced.Model);
        AssertEdges(network.Model, whole);
        var (trained, alike) = Run(sliced.Model, inputs, folder);
        var (masked, masks) = Run(whole, inputs, folder);
        return new(RemovalLaw.Difference(dense, turned), RemovalLaw.Difference(masked, trained),
            Math.Max(Math.Max(RemovalLaw.Difference(less, ours), RemovalLaw.Difference(trained, alike)), RemovalLaw.Difference(masked, masks)), RemovalLaw.Difference(dense, less));
    }

    private static (Tensor[] Theirs, Tensor[] Ours) Run(OnnxModel model, Dictionary<string, Tensor> inputs, string folder)
    {
        var path = Path.Combine(folder, "run.onnx");
        model.Save(path);
        using var runtime = new OrtModel(path, 1);
        using var network = new Network(OnnxModel.Load(path));
        return (runtime.Run(inputs), network.Run(inputs));
    }

    /// <summary>Every weight that was turned is a little other than it was.</summary>
    private static void Train(Turned sliced)
    {
        using var generator = new Generator(9);
        foreach (var name in sliced.Constants)
        {
            var constant = sliced.Model.Graph.Constants[name];
            var value = constant.ToTorch();
            (value * (1 + (0.02 * randn(value.shape, generator: generator)))).Store(constant);
        }
    }

    private static void AssertEdges(OnnxModel dense, OnnxModel made)
    {
        Assert.Equal(dense.Proto.Graph.Input, made.Proto.Graph.Input);
        Assert.Equal(dense.Proto.Graph.Output, made.Proto.Graph.Output);
        Assert.Subset(Types(dense), Types(made));

        static HashSet<TensorProto.Types.DataType> Types(OnnxModel model) => [.. model.Graph.Constants.Values.Select(constant => constant.Type()).Concat(model.Graph.Inputs.Select(input => input.Type)).Where(TorchTensors.IsLearnable)]; // stored, or computed with
    }
}
