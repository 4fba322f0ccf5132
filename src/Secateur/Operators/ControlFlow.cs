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
internal delegate Tensor[] Subgraph(string attribute, IReadOnlyList<Tensor> inputs);

/// <summary>An operator that runs graphs which its node holds; these see the values around the node. Gradients flow through.</summary>
internal abstract class ControlFlow : Operator
{
    public abstract Tensor[] Run(Node node, Tensor?[] inputs, Subgraph run);

    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) =>
        throw new NotSupportedException($"{node.OpType} runs in a network only.");

    /// <summary>Nothing that enters or leaves the graphs may shrink; what is inside alone follows its own nodes.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.Block(node, shapes);
        var edges = node.Captured.Concat(node.Subgraphs.SelectMany(graph => graph.Inputs.Concat(graph.Outputs)).Select(value => value.Name));
        foreach (var name in edges)
            for (var axis = 0; shapes.Has(name) && axis < shapes[name].Length; axis++) ties.Block(new Axis(name, axis));
    }

    /// <summary>The graph's outputs, of which there must be some number.</summary>
    protected static Tensor[] Run(Node node, Subgraph run, string attribute, IReadOnlyList<Tensor> inputs, int outputs)
    {
        var made = run(attribute, inputs);
        return made.Length == outputs ? made
            : throw node.Error($"its {attribute} gives {made.Length} values, {outputs} are needed; export the model again");
    }

    protected static bool Holds(Node node, Tensor condition) =>
        condition.dtype == ScalarType.Bool && condition.numel() == 1 ? condition.item<bool>()
        : throw node.Error($"its condition is {condition.dtype} [{string.Join(", ", condition.shape)}], one bool is needed; export the model again");

    /// <summary>What no trip gave: a tensor of no trips along an axis. Sizes that the file leaves open are 0.</summary>
    protected static Tensor Nothing(Value value, int axis)
    {
        var shape = value.ShapeWith(0, 0).ToList();
        shape.Insert(Math.Min(axis, shape.Count), 0);
        return zeros([.. shape], value.Type == 0 ? ScalarType.Float32 : TorchTensors.TypeOf(value.Type));
    }
}
