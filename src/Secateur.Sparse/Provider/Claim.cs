using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>Nodes that become one: a convolution, or a chain of products, each with what follows it.</summary>
/// <remarks>
/// Whatever one of them makes goes to one other of them alone, save what the last one makes. So nothing outside can depend on the claim but through its output, and two
/// claims can never wait for each other, whatever residual they take from outside.
/// </remarks>
internal sealed class Claim(IReadOnlyList<Layer> layers)
{
    public IReadOnlyList<Layer> Layers => layers;
    public IReadOnlyList<GraphNode> Nodes { get; } = [.. layers.SelectMany(layer => layer.Nodes)];
    public GraphValue Input => layers[0].Input;
    public GraphValue? Residual => layers[^1].Residual;
    public GraphValue? Zero => layers[0].Integers?.Zero;
    public GraphValue? Scales => layers[0].Integers?.Scales;

    /// <summary>Takes over the weights, and packs them where it is known how many tokens will come.</summary>
    public FusedNode ToNode(Ort ort, FusedNode.Places places, int threads, ValueKind values)
    {
        if (layers is [ConvolutionLayer convolution]) return new FusedConvolution(ort, places, threads, convolution.Last, convolution.Pack(), convolution.Ends(), convolution.Axes);
        var chain = new Chain([.. layers.Cast<MatrixLayer>().Select(layer => layer.Pack(values))]);
        if (Input.Shape is [.. var axes, _] && axes.All(axis => axis > 0)) chain.Prepare(Broadcast.Elements(axes));
        return new FusedChain(ort, places, threads, layers[^1].Last, chain, layers[0].Ends(), Shape());
    }

    /// <summary>That which the layers give it one after the other; null where it is the input's but for the last axis.</summary>
    private long[]? Shape()
    {
        long[]? shape = null;
        foreach (var layer in layers) shape = layer.Shape ?? (shape is null ? null : [.. shape[..^1], layer.Weight.Rows]);
        return shape;
    }
}
