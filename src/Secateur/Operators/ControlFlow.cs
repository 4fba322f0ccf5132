using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Runs a graph that a node holds.</summary>
/// <param name="attribute">The attribute that holds it, such as <c>body</c>.</param>
/// <param name="inputs">As many as the graph takes; they stay the caller's.</param>
/// <returns>The graph's outputs, handles of their own in the caller's dispose scope.</returns>
/// <exception cref="SecateurException">The attribute holds no graph, or one that takes another number of inputs.</exception>
internal delegate IDisposable[] Subgraph(string attribute, IReadOnlyList<IDisposable> inputs);

/// <summary>An operator that runs graphs which its node holds; these see the values around the node. Gradients flow through, sequences pass.</summary>
internal abstract class ControlFlow : Operator
{
    public override string WhyWhole => "hands it to a graph that it holds";

    public abstract IDisposable[] Run(Node node, IDisposable?[] inputs, Subgraph run);

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        throw new NotSupportedException($"{node.OpType} runs in a network only.");

    internal sealed override IDisposable[] RunValues(Node node, IDisposable?[] inputs, Mode mode, Subgraph run) => Run(node, inputs, run);

    /// <summary>Nothing that enters or leaves the graphs may shrink; what is inside alone follows its own nodes.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.Block(node);
        var edges = node.Captured.Concat(node.Subgraphs.SelectMany(graph => graph.Inputs.Concat(graph.Outputs)).Select(value => value.Name));
        foreach (var name in edges)
            for (var axis = 0; shapes.Has(name) && axis < shapes[name].Length; axis++) ties.Block(new Axis(name, axis));
    }

    /// <summary>The graph's outputs, of which there must be some number.</summary>
    protected static IDisposable[] Run(Node node, Subgraph run, string attribute, IReadOnlyList<IDisposable> inputs, int outputs)
    {
        var made = run(attribute, inputs);
        return made.Length == outputs ? made
            : throw node.Error($"its {attribute} gives {made.Length} values, {outputs} are needed; export the model again");
    }

    protected static bool Holds(Node node, IDisposable? condition) =>
        condition is Tensor { dtype: ScalarType.Bool } one && one.numel() == 1 ? one.item<bool>()
        : throw node.Error($"its condition is {(condition is Tensor tensor ? $"{tensor.dtype} " : "")}{condition.Described()}, one bool is needed; export the model again");

    /// <summary>What no trip gave: a tensor of no trips along an axis. Sizes that the file leaves open are 0.</summary>
    protected static Tensor Nothing(Value value, int axis)
    {
        var shape = value.ShapeWith(0, 0).ToList();
        shape.Insert(Math.Min(axis, shape.Count), 0);
        return zeros([.. shape], value.Type == 0 ? ScalarType.Float32 : TorchTensors.TypeOf(value.Type));
    }
}
