using System.Collections.Immutable;
using Secateur.Onnx;

namespace Secateur.Structure;

/// <summary>A residual branch: what an Add puts on top of its other operand, the skip. Without it the Add hands on the skip.</summary>
public sealed class Branch
{
    internal Branch(string name, Node add, int input, ImmutableArray<Node> nodes, ImmutableArray<string> weights, ImmutableArray<string> gate, string? held) =>
        (Name, Add, Input, Nodes, Weights, Gate, Held) = (name, add, input, nodes, weights, gate, held);

    /// <summary>Its first weight, or where an inner branch is called so, the Add.</summary>
    public string Name { get; }

    /// <summary>The node at whose end it is.</summary>
    public Node Add { get; }

    /// <summary>The place of the branch among the inputs of <see cref="Add"/>; the skip is the other.</summary>
    public int Input { get; }

    /// <summary>The nodes that nothing but the branch needs, in the graph's order.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>The weights that only these nodes read, in the graph's order.</summary>
    public ImmutableArray<string> Weights { get; }

    /// <summary>Learned constants of its own that make it exactly zero when they are zero; empty where it is held.</summary>
    public ImmutableArray<string> Gate { get; }

    /// <summary>Why it may not go, with the node that is the reason; null where it may.</summary>
    public string? Held { get; }

    internal int Skip => 1 - Input;
}
