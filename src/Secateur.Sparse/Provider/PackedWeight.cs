using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>A weight that the model holds packed, behind a node of <see cref="SparseWeightOperator"/>.</summary>
internal sealed unsafe class PackedWeight
{
    private readonly OrtTensor _bytes;

    private PackedWeight(GraphNode node, OrtTensor bytes, SparseWeightBytes.Head head, long[] shape) => (Node, _bytes, Head, Shape) = (node, bytes, head, shape);

    /// <summary>That which makes the elements of it.</summary>
    public GraphNode Node { get; }

    public SparseWeightBytes.Head Head { get; }

    /// <summary>Of the elements.</summary>
    public long[] Shape { get; }

    /// <summary>What tells it from others; no elements are there.</summary>
    public float* Data => _bytes.Data;

    /// <summary>[outputs] of bytes: what is zero of each, as long as nothing is damaged.</summary>
    public ReadOnlySpan<byte> Zeros => SparseWeightBytes.Zeros(Span(_bytes), Head);

    /// <summary>That which a value is; null where it is none, or is also used elsewhere.</summary>
    /// <param name="value">A weight.</param>
    /// <param name="user">The only node that may take it.</param>
    /// <param name="isTurned">Whether its outputs lie along the second axis.</param>
    /// <exception cref="OrtException">It is damaged.</exception>
    public static PackedWeight? Of(GraphValue value, GraphNode user, bool isTurned)
    {
        if (value.Maker is not { } node || !SparseWeightOperator.Is(node.Operator) || value.OnlyUser != user) return null;
        if (node.Input(0) is not { IsConstant: true } packed || packed.Constant is not { Type: Ort.Byte, Rank: 1 } bytes) return null;
        var weight = new PackedWeight(node, bytes, Reading(node.Name, () => SparseWeightBytes.Look(Span(bytes))), node.Wholes("shape"));
        return weight.Head.Type == value.Type && weight.Head.IsTurned == isTurned && weight.Head.Fits(weight.Shape) ? weight : null;
    }

    /// <summary>Of bytes, less their zero points.</summary>
    /// <exception cref="OrtException">It is damaged.</exception>
    public Compact ToCompact() => Reading(Node.Name, () => Compact.Of(SparseWeightBytes.Read(Span(_bytes))));

    public static ReadOnlySpan<byte> Span(OrtTensor bytes) => new(bytes.Data, checked((int)bytes.Elements));

    /// <summary>What is read of a weight; a fault names it.</summary>
    public static T Reading<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException fault)
        {
            throw new OrtException(OrtException.InvalidArgument, $"{ProviderFactory.Name}: node '{name}': its weight {fault.Message}; pack the model again");
        }
    }
}
