using System.Collections.Immutable;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;

namespace Secateur.Structure.Budget;

/// <summary>The costs that can be counted: multiply-accumulates, parameters, bytes.</summary>
public static class Costs
{
    /// <summary>Multiply-accumulates of one run with the batch that the shapes were seen with.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="shapes">As seen in a run of it.</param>
    /// <param name="shrinkage">What can shrink.</param>
    public static CostFunction Macs(OnnxModel model, Shapes shapes, Shrinkage shrinkage)
    {
        var deciding = shrinkage.Deciding(shapes.Names);
        var constant = 0.0;
        var terms = ImmutableArray.CreateBuilder<CostTerm>();
        foreach (var node in model.Graph.AllNodes.Where(node => shapes.Runs(node) > 0))
        {
            var (op, runs) = (Operator.For(node, model.Path), shapes.Runs(node));
            if (runs * op.Macs(node, shapes) is not (> 0 and var dense)) continue;
            if (Groups(node.Inputs.Concat(node.Outputs), deciding) is { Length: > 0 } groups)
                terms.Add(CostFunction.Remembering(groups, kept => runs * op.Macs(node, With(shapes, shrinkage, kept))));
            else constant += dense;
        }
        return new(constant, terms.ToImmutable());
    }

    /// <summary>Elements of all that is learned, each tensor once.</summary>
    public static CostFunction Parameters(OnnxModel model, Shapes shapes, Shrinkage shrinkage) =>
        Constants(LearnedTensor.Of(model).Select(tensor => (tensor.Name, 1.0)), shapes, shrinkage, 0);

    /// <summary>Bytes of the model's file with every tensor stored dense.</summary>
    public static CostFunction Bytes(OnnxModel model, Shapes shapes, Shrinkage shrinkage)
    {
        (string Name, double Width)[] constants = [.. model.Graph.Constants.Where(pair => shapes.Has(pair.Key)).Select(pair => (pair.Key, TensorData.Bits(pair.Value.Type()) / 8.0))];
        var rest = model.Bytes - constants.Sum(constant => constant.Width * shapes.Elements(constant.Name));
        return Constants(constants, shapes, shrinkage, rest);
    }

    /// <summary>The shapes of a candidate.</summary>
    internal static Shapes With(Shapes shapes, Shrinkage shrinkage, ReadOnlySpan<int> kept)
    {
        var own = kept.ToArray();
        return shapes.With(value => shrinkage.ShapeOf(value, own));
    }

    /// <summary>The groups that decide any of these values, rising.</summary>
    internal static ImmutableArray<int> Groups(IEnumerable<string> values, IReadOnlyDictionary<string, ImmutableArray<int>> deciding) =>
        [.. values.Where(value => value.Length > 0).SelectMany(value => deciding.GetValueOrDefault(value, [])).Distinct().Order()];

    private static CostFunction Constants(IEnumerable<(string Name, double Each)> tensors, Shapes shapes, Shrinkage shrinkage, double constant)
    {
        (string Name, double Each)[] all = [.. tensors];
        var deciding = shrinkage.Deciding(all.Select(tensor => tensor.Name));
        var terms = ImmutableArray.CreateBuilder<CostTerm>();
        foreach (var (name, each) in all)
        {
            if (!deciding.TryGetValue(name, out var groups)) constant += each * shapes.Elements(name);
            else terms.Add(CostFunction.Remembering(groups, kept => each * shrinkage.ShapeOf(name, kept).Aggregate(1L, (product, size) => product * size)));
        }
        return new(constant, terms.ToImmutable());
    }
}
