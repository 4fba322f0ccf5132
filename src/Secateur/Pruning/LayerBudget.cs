using System.Collections.Immutable;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Structure.Budget;
using Secateur.Structure.Latency;

namespace Secateur.Pruning;

/// <summary>What a network without some of its nodes may cost at most.</summary>
/// <param name="Saved">What is saved where these nodes run no more and these constants are read no more.</param>
/// <param name="Dense">With all of them.</param>
/// <param name="Limit">The most in the end.</param>
/// <param name="Unit">Of the cost, for messages: <c>parameters</c>, <c>MACs</c>, <c>bytes</c>, <c>ms</c>.</param>
internal sealed record LayerBudget(Func<IReadOnlySet<Node>, IReadOnlySet<string>, double> Saved, double Dense, double Limit, string Unit)
{
    /// <summary>A share of what the dense network costs.</summary>
    public LayerBudget Share(double share) => this with { Limit = share * Dense };

    /// <summary>Multiply-accumulates of one example.</summary>
    public static LayerBudget Macs(OnnxModel model, Shapes shapes)
    {
        var macs = model.Graph.Nodes.ToDictionary(node => node, node => node.Subgraphs.SelectMany(graph => graph.AllNodes).Append(node)
            .Where(one => shapes.Runs(one) > 0).Sum(one => (double)shapes.Runs(one) * Operator.For(one, model.Path).Macs(one, shapes)));
        var dense = macs.Values.Sum();
        return new((idle, _) => idle.Sum(node => macs[node]), dense, dense, "MACs");
    }

    /// <summary>Elements of all that is learned, each tensor once.</summary>
    public static LayerBudget Parameters(OnnxModel model)
    {
        var counts = LearnedTensor.Of(model).ToDictionary(tensor => tensor.Name, tensor => (double)model.Graph.Constants[tensor.Name].Count());
        var dense = counts.Values.Sum();
        return new((_, constants) => constants.Sum(name => counts.GetValueOrDefault(name)), dense, dense, "parameters");
    }

    /// <summary>Milliseconds of one example in ONNX Runtime: of the whole model measured, of what goes as its layers alone predict it.</summary>
    /// <param name="path">The dense model's file.</param>
    /// <param name="graph">The same graph as the file's; its nodes are those that may go.</param>
    /// <param name="shapes">As seen in a run.</param>
    /// <param name="table">What it lacks is measured, where it grows.</param>
    /// <param name="progress">Told of measurements.</param>
    /// <param name="cancel">Looked at between them.</param>
    public static LayerBudget Latency(string path, Graph graph, Shapes shapes, LatencyTable table, IProgress<Progress> progress, CancellationToken cancel)
    {
        var model = OnnxModel.Load(path); // a network holds the constants of its own model
        var latency = new LatencyModel(path, model, shapes, Shrinkage.None(shapes), table);
        latency.Measure(progress, cancel);
        var (dense, known) = latency.OfNodes();
        var ms = graph.Nodes.Zip(model.Graph.Nodes).ToDictionary(pair => pair.First, pair => known.GetValueOrDefault(pair.Second));
        return new((idle, _) => idle.Sum(node => ms[node]), dense, dense, "ms");
    }

    /// <summary>Of the file, every tensor stored dense.</summary>
    public static LayerBudget Bytes(OnnxModel model)
    {
        var bytes = model.Graph.Constants.ToDictionary(pair => pair.Key, pair => pair.Value.Count() * TensorData.Bits(pair.Value.Type()) / 8.0);
        return new((idle, constants) => constants.Sum(name => bytes[name]) + idle.Sum(node => node.Proto.CalculateSize()), model.Bytes, model.Bytes, "bytes");
    }
}
