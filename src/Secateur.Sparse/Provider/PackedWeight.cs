using System.Collections.Immutable;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>A weight that the model holds packed, behind a node of <see cref="SparseWeightOperator"/>.</summary>
internal sealed unsafe class PackedWeight
{
    private readonly OrtTensor _bytes;

    private PackedWeight(ImmutableArray<GraphNode> nodes, OrtTensor bytes, SparseWeightBytes.Head head, long[] shape, bool isTurned) => (Nodes, _bytes, Head, Shape, IsTurned) = (nodes, bytes, head, shape, isTurned);

    /// <summary>That which makes the elements of it, and those that lay them out anew.</summary>
    public ImmutableArray<GraphNode> Nodes { get; }

    public SparseWeightBytes.Head Head { get; }

    /// <summary>Of the elements, as the last of the nodes gives them.</summary>
    public long[] Shape { get; }

    /// <summary>Whether the outputs lie along the second axis of that.</summary>
    public bool IsTurned { get; }

    /// <summary>What tells it from others; no elements are there.</summary>
    public float* Data => _bytes.Data;

    /// <summary>[outputs] of bytes: what is zero of each, as long as nothing is damaged.</summary>
    public ReadOnlySpan<byte> Zeros => SparseWeightBytes.Zeros(Span(_bytes), Head);

    /// <summary>That which a value is; null where it is none, or is also used elsewhere.</summary>
    /// <param name="value">A weight.</param>
    /// <param name="user">The only node that may take it.</param>
    /// <exception cref="OrtException">It is damaged.</exception>
    public static PackedWeight? Of(GraphValue value, GraphNode user)
    {
        if (LaidOut.Of(value, user) is not { Source.Maker: { } node } laid || !SparseWeightOperator.Is(node.Operator)) return null;
        if (node.Input(0) is not { IsConstant: true } packed || packed.Constant is not { Type: Ort.Byte, Rank: 1 } bytes) return null;
        var head = Reading(node.Name, () => SparseWeightBytes.Look(Span(bytes)));
        var shape = node.Wholes("shape");
        if (head.Type != laid.Source.Type || !head.Holds(shape) || laid.Order(shape) is not { } order || order.IsTurned(head.IsTurned) is not { } turned) return null;
        return (head with { IsTurned = turned }).Fits(order.Shape) ? new([node, .. laid.Nodes], bytes, head, order.Shape, turned) : null;
    }

    /// <summary>Of bytes, less their zero points.</summary>
    /// <exception cref="OrtException">It is damaged.</exception>
    public Compact ToCompact() => Reading(Nodes[0].Name, () => Compact.Of(SparseWeightBytes.Read(Span(_bytes))));

    /// <summary>Of bytes, less their zero points.</summary>
    /// <exception cref="OrtException">It is damaged.</exception>
    public RowSums RowSums() => Reading(Nodes[0].Name, () => Kernels.RowSums.Of(SparseWeightBytes.Read(Span(_bytes))));

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
