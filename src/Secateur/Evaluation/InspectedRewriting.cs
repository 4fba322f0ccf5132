using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Structure;
using Secateur.Structure.Embedding;

namespace Secateur.Evaluation;

/// <summary>A residual stream of a transformer, which <c>embedding</c> narrows.</summary>
/// <param name="Width">Features.</param>
/// <param name="Writers">Products, tables and constants that write it.</param>
/// <param name="Readers">Products that read it.</param>
/// <param name="Normalizations">Of it.</param>
/// <param name="Name">A value of it.</param>
public sealed record InspectedStream(string Name, long Width, int Writers, int Readers, int Normalizations);

/// <summary>What the granularities that write a model anew could do with it.</summary>
/// <param name="Factorable">Weights that <c>rank</c> can write as a product of two.</param>
/// <param name="FactorableParameters">Their elements.</param>
/// <param name="Streams">What <c>embedding</c> can narrow, the widest used first.</param>
/// <param name="StreamsRefused">Why other values cannot be turned, each a line that names a node.</param>
public sealed record InspectedRewriting(int Factorable, long FactorableParameters, ImmutableArray<InspectedStream> Streams, ImmutableArray<string> StreamsRefused)
{
    internal static InspectedRewriting Of(StructureMap map, IReadOnlyDictionary<string, long[]>? inputs)
    {
        var layers = Structure.Ranks.Factorable.Of(map.Network);
        var unfused = Unfusing.Apply(map.Network.Model);
        if (unfused == map.Network.Model) return Of(layers, new(map.Network, map.Settings));
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var network = new Network(unfused);
        return Of(layers, new(network, StructureMap.SettingsOf(network, inputs)));
    }

    private static InspectedRewriting Of(ImmutableArray<Structure.Ranks.Factorable> layers, GraphView view)
    {
        var (streams, faults) = StreamSearch.Run(view);
        return new(layers.Length, layers.Sum(layer => layer.Weight.Elements), [.. streams.Select(Of)], [.. faults.Distinct()]);
    }

    private static InspectedStream Of(ResidualStream stream)
    {
        int Count(Part part) => stream.Parts.Values.Count(one => one == part);
        return new(stream.Spaces.First().Value, stream.Width, Count(Part.Writes), Count(Part.Reads), stream.Nodes.Where(node => stream.Parts[node] == Part.Normalizes).Select(stream.NormalizationOf).Distinct().Count());
    }
}
