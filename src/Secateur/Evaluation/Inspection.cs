using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Structure;

namespace Secateur.Evaluation;

/// <summary>A learned tensor and the work of the nodes that use it.</summary>
/// <param name="Node">The first node that uses it.</param>
/// <param name="Op">That node's type.</param>
/// <param name="Kind"><c>weight</c>, <c>bias</c>, <c>scale</c> or <c>embedding</c>; only weights are pruned.</param>
/// <param name="Sparsity">The fraction of zeros, in [0, 1].</param>
/// <param name="Macs">Multiply-accumulates for one example, zeros not taken off; 0 for all that is no weight.</param>
/// <param name="Unfit">Why a weight cannot be pruned; empty where it can, and for all that is no weight.</param>
public sealed record InspectedLayer(
    string Name, string Node, string Op, string Kind, ImmutableArray<long> Shape, long Parameters, long Nonzero, double Sparsity, long Macs, string Unfit);

/// <summary>The shape of a value, such as <c>[batch, 64, ceil(height/2), 10]</c>; <c>~12</c> is a size that no expression tells.</summary>
/// <param name="Node">The node that makes it; empty for an input.</param>
/// <param name="Op">That node's type.</param>
public sealed record InspectedShape(string Name, string Node, string Op, ImmutableArray<string> Shape);

/// <summary>What a model is made of.</summary>
public sealed record Inspection
{
    public required string Path { get; init; }

    /// <summary>Elements of all learned tensors; one that several nodes use counts once.</summary>
    public required long Parameters { get; init; }

    public required long Nonzero { get; init; }

    /// <summary>Multiply-accumulates of all nodes for one example, zeros not taken off.</summary>
    public required long Macs { get; init; }

    public required ImmutableArray<InspectedLayer> Layers { get; init; }

    public required ImmutableArray<InspectedGroup> Groups { get; init; }

    /// <summary>What could be written anew: ranks and residual streams.</summary>
    public required InspectedRewriting Rewriting { get; init; }

    /// <summary>Version of ONNX's own operator set.</summary>
    public required long Opset { get; init; }

    public required string Producer { get; init; }

    /// <summary>Such as <c>x [batch, 1, 28, 28]</c>.</summary>
    public required ImmutableArray<string> Inputs { get; init; }

    public required ImmutableArray<string> Outputs { get; init; }

    /// <summary>Of every value, where they were asked for.</summary>
    public ImmutableArray<InspectedShape>? Shapes { get; init; }

    /// <summary>Nodes that Secateur's execution provider looked at, where that was asked for.</summary>
    public ImmutableArray<ProviderNode>? Provider { get; init; }

    /// <summary>Looks at a model, running it once on zeros to see its shapes.</summary>
    /// <param name="model">Any model of known operators.</param>
    /// <param name="inputs">Shapes by input name, for inputs with open dimensions beyond the batch; those not named take usual sizes on which the model runs.</param>
    /// <param name="symbolic">Whether the shape of every value is told in the open sizes of the inputs, which takes some ten runs for each of them.</param>
    /// <exception cref="SecateurException">An operator is not known, or the model does not run on such shapes.</exception>
    public static Inspection Of(OnnxModel model, IReadOnlyDictionary<string, long[]>? inputs = null, bool symbolic = false)
    {
        using var network = new Network(model);
        using var numbers = Dequantized.Of(model) is { } floats ? new Network(floats) : null;
        var learned = numbers ?? network;
        using var map = StructureMap.Of(network, inputs, learned);
        var work = Work.Of(learned.Model, Execution.Shapes.Of(learned, inputs: inputs));
        var layers = LearnedTensor.Of(learned.Model).Select(tensor => Layer(tensor, learned.Graph, work)).ToImmutableArray();
        return new Inspection
        {
            Path = model.Path,
            Parameters = layers.Sum(layer => layer.Parameters),
            Nonzero = layers.Sum(layer => layer.Nonzero),
            Macs = work.Total,
            Layers = layers,
            Groups = [.. InspectedGroup.Of(map), .. InspectedGroup.Of(Branches.Of(map))],
            Rewriting = InspectedRewriting.Of(map, inputs),
            Opset = model.Graph.Nodes.Where(node => node.Domain.Length == 0).Select(node => node.Opset).FirstOrDefault(),
            Producer = $"{model.Proto.ProducerName} {model.Proto.ProducerVersion}".Trim(),
            Inputs = [.. model.Graph.Inputs.Select(input => input.ToString())],
            Outputs = [.. model.Graph.Outputs.Select(output => output.ToString())],
            Shapes = symbolic ? ShapesOf(network, inputs) : null,
        };
    }

    private static ImmutableArray<InspectedShape> ShapesOf(Network network, IReadOnlyDictionary<string, long[]>? inputs)
    {
        var shapes = SymbolicShapes.Of(network, inputs).All;
        var values = network.Graph.Inputs.Select(input => (input.Name, Node: "", Op: ""))
            .Concat(network.Graph.AllNodes.SelectMany(node => node.Outputs.Select(name => (Name: name, Node: node.Name, Op: node.OpType))));
        return [.. values.Where(value => shapes.ContainsKey(value.Name)).Select(value => new InspectedShape(value.Name, value.Node, value.Op, shapes[value.Name]))];
    }

    private static InspectedLayer Layer(LearnedTensor tensor, Graph graph, Work work)
    {
        var proto = graph.Constants[tensor.Name];
        var (parameters, nonzero) = (proto.Count(), Elements.Nonzero(proto));
        return new(tensor.Name, tensor.Node.Name, tensor.Node.OpType, tensor.Kind.ToString().ToLowerInvariant(), [.. proto.Dims],
            parameters, nonzero, parameters == 0 ? 0 : 1 - ((double)nonzero / parameters), work.ByWeight.GetValueOrDefault(tensor.Name), tensor.Unfit);
    }
}
