using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>Brings what was read from data to what a graph takes: by name, or, where each side has one, that one.</summary>
public sealed class Binding
{
    private const string Mask = "attention_mask", Tokens = "input_ids", Segments = "token_type_ids", Places = "position_ids";
    private readonly ImmutableArray<Pair> pairs;

    private Binding(ImmutableArray<Pair> pairs) => this.pairs = pairs;

    /// <summary>The batch size that the graph's inputs fix; null where it is open.</summary>
    public long? FixedBatch { get; private init; }

    /// <exception cref="SecateurException">An input has no feature, or one of another size; the message shows both sides.</exception>
    public static Binding Of(Graph graph, Examples examples)
    {
        var pairs = graph.Inputs.Select(input => Match(input, graph, examples)).ToImmutableArray();
        var batches = graph.Inputs.Where(input => input.Shape.Length > 0).Select(input => input.Shape[0]).Where(size => size is not null).Distinct().ToArray();
        if (batches.Length > 1) throw new SecateurException($"the model's inputs fix different batch sizes ({Sides(graph, examples)}); export it with an open first dimension");
        return new Binding(pairs) { FixedBatch = batches is [var batch] ? batch : null };
    }

    /// <summary>The features under the graph's names, in its shapes and types.</summary>
    /// <param name="read">As <see cref="Examples.Read"/> gave it.</param>
    /// <returns>Tensors that share memory with those read where nothing had to change.</returns>
    public Dictionary<string, Tensor> Bind(Dictionary<string, Tensor> read)
    {
        Dictionary<string, Tensor> bound = [];
        foreach (var pair in pairs)
        {
            var tensor = read[pair.Feature.Name];
            if (!pair.Shape.Contains(Feature.Varies) && !tensor.shape.AsSpan(1).SequenceEqual(pair.Shape.AsSpan())) tensor = tensor.reshape([tensor.shape[0], .. pair.Shape]);
            // bytes are read in [0, 1]; a model that takes integers wants them back
            if (pair.Feature.FromBytes && pair.Type is not ScalarType.Bool && !is_floating_point(pair.Type)) tensor = (tensor * 255).round();
            // texts are of one segment, and their tokens stand one after the other
            if (pair.Input == Segments && pair.Feature.Name == Tokens) tensor = zeros_like(tensor);
            if (pair.Input == Places && pair.Feature.Name == Tokens) tensor = arange(tensor.shape[^1]).expand(tensor.shape).clone();
            bound[pair.Input] = tensor.to(pair.Type);
        }
        return bound;
    }

    /// <summary>The shape of each of the graph's inputs for one example (or the batch that the graph fixes), open dimensions as the first example has them.</summary>
    public IReadOnlyDictionary<string, long[]> Shapes(Examples examples)
    {
        using var scope = NewDisposeScope();
        return Bind(examples.Read([0])).ToDictionary(pair => pair.Key, pair => (long[])[FixedBatch ?? 1, .. pair.Value.shape[1..]]);
    }

    private static Pair Match(Value input, Graph graph, Examples examples)
    {
        var features = examples.Features;
        var feature = features.FirstOrDefault(feature => feature.Name == input.Name)
            ?? (graph.Inputs.Length == 1 && features.Where(feature => features.Length == 1 || feature.Name != Mask).ToArray() is [var only] ? only : null)
            ?? (input.Name is Segments or Places ? features.FirstOrDefault(feature => feature.Name == Tokens) : null)
            ?? throw new SecateurException($"the data has no '{input.Name}', which the model takes ({Sides(graph, examples)}); "
                + "name the array or column so, or say in a YAML file inputs: {" + input.Name + ": COLUMN}");
        if (input.Shape.Length == 0)
            throw new SecateurException($"the model's input '{input.Name}' has no batch dimension; export it with one as its first");
        return new Pair(input.Name, feature, Fit(input, feature, graph, examples), TorchTensors.TypeOf(input.Type));
    }

    /// <summary>The input's shape without the batch, its open dimensions filled from the feature's.</summary>
    private static ImmutableArray<long> Fit(Value input, Feature feature, Graph graph, Examples examples)
    {
        var (wanted, have) = (input.Shape[1..], feature.Shape);
        if (Agree(wanted, have)) return have;
        if (have.Contains(Feature.Varies))
            throw new SecateurException($"'{feature.Name}' differs in size from example to example, the model's '{input.Name}' does not ({Sides(graph, examples)}); bring the examples to one size (resize: in a YAML file)");
        var known = wanted.Aggregate(1L, (product, size) => product * (size ?? 1));
        var elements = have.Aggregate(1L, (product, size) => product * size);
        var open = wanted.Count(size => size is null);
        if (open <= 1 && known > 0 && elements % known == 0 && (open == 1 || elements == known))
        {
            var fitted = wanted.Select(size => size ?? (elements / known)).ToImmutableArray();
            // of as many axes only those of size 1 may move: [3, 32, 32] in memory is no [32, 32, 3]
            if (fitted.Length != have.Length || fitted.Where(size => size != 1).SequenceEqual(have.Where(size => size != 1))) return fitted;
        }
        var mend = (wanted, have) switch
        {
            ([(1 or 3) and var channels, _, _], [(1 or 3) and var other, _, _]) when channels != other =>
                $"the model takes pictures of {channels} {(channels == 1 ? "channel" : "channels")}, these have {other}; convert the pictures, or take a model for theirs",
            ([_, _, 1 or 3], [1 or 3, _, _]) => "the model takes channels last; say layout: nhwc in a YAML file",
            ([1 or 3, _, _], [_, _, 1 or 3]) => "the data has channels last; say layout: nchw in a YAML file",
            ([_, _, _], [_, _, _]) => "give the pictures the model's size, in a YAML file with size: [HEIGHT, WIDTH]",
            _ => "give the data the model's shape",
        };
        throw new SecateurException($"'{feature.Name}' does not fit the model's '{input.Name}' ({Sides(graph, examples)}); {mend}");
    }

    private static bool Agree(ImmutableArray<long?> wanted, ImmutableArray<long> have) =>
        wanted.Length == have.Length && wanted.Zip(have).All(axis => axis.First is null || axis.First == axis.Second);

    private static string Sides(Graph graph, Examples examples) => $"the model takes {string.Join(", ", graph.Inputs)}; the data has "
        + string.Join(", ", examples.Features);

    private sealed record Pair(string Input, Feature Feature, ImmutableArray<long> Shape, ScalarType Type);
}
