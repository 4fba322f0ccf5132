using System.Collections.Immutable;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>What can be left out whole: a residual branch, which an Add puts on top of its other operand, or a linear layer of one shape. Without it each node of its path hands on what it reads.</summary>
public sealed class Branch
{
    internal Branch(string name, ImmutableArray<(Node Node, int Place)> path, ImmutableArray<Node> nodes, ImmutableArray<string> weights, ImmutableArray<string> gate, string? held) =>
        (Name, Path, Nodes, Weights, Gate, Held) = (name, path, nodes, weights, gate, held);

    /// <summary>Its first weight, or where an inner branch is called so, the node at its end.</summary>
    public string Name { get; }

    /// <summary>The nodes that hand on one of their inputs, by its place, once it is gone: of a residual branch its Add, which hands on the skip; of a layer all.</summary>
    public ImmutableArray<(Node Node, int Place)> Path { get; }

    /// <summary>The nodes that nothing but the branch needs, in the graph's order.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>The weights that only these nodes read, in the graph's order.</summary>
    public ImmutableArray<string> Weights { get; }

    /// <summary>Constants of its own that switch it off, exactly, once they have the values of <see cref="Off"/>; empty where it is held.</summary>
    public ImmutableArray<string> Gate { get; }

    /// <summary>Why it may not go, with the node that is the reason; null where it may.</summary>
    public string? Held { get; }

    /// <summary>Whether a skip leads past it; a layer of one shape otherwise.</summary>
    public bool IsResidual => Off is null;

    /// <summary>The value of a constant of the gate while it is closed; null where all are zero.</summary>
    internal Func<string, Tensor>? Off { get; init; }
}
