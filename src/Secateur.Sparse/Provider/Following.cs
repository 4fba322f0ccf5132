using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>Nodes that do one thing to what a layer makes.</summary>
/// <param name="Nodes">They alone use it, and only the last one's output is used elsewhere.</param>
/// <param name="Output">That output.</param>
internal sealed record Following(GraphNode[] Nodes, GraphValue Output)
{
    /// <summary>By which outputs are multiplied before the bias is added, [outputs].</summary>
    public float[]? Scale { get; init; }

    /// <summary>Added before the activation, [outputs].</summary>
    public float[]? Bias { get; init; }

    public GraphValue? Residual { get; init; }

    /// <inheritdoc cref="Layer.Shape"/>
    public long[]? Shape { get; init; }

    public Activation Activation { get; init; }
}
