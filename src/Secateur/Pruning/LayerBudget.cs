using System.Collections.Immutable;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;

namespace Secateur.Pruning;

/// <summary>What a network without some of its nodes may cost at most.</summary>
/// <param name="Saved">What is saved where these nodes run no more and these constants are read no more.</param>
/// <param name="Dense">With all of them.</param>
/// <param name="Limit">The most in the end.</param>
/// <param name="Unit">Of the cost, for messages: <c>parameters</c>, <c>MACs</c>, <c>bytes</c>.</param>
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

    /// <summary>Of the file, every tensor stored dense.</summary>
    public static LayerBudget Bytes(OnnxModel model)
    {
        var bytes = model.Graph.Constants.ToDictionary(pair => pair.Key, pair => pair.Value.Count() * TensorData.Bits(pair.Value.Type()) / 8.0);
        return new((idle, constants) => constants.Sum(name => bytes[name]) + idle.Sum(node => node.Proto.CalculateSize()), model.Bytes, model.Bytes, "bytes");
    }
}
