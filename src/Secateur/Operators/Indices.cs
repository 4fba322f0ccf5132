using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Tensors of places along axes, which data may have wrong: LibTorch does not look at all of them.</summary>
internal static class Indices
{
    /// <summary>As int64, counted from the front; a negative place counts from the back.</summary>
    /// <exception cref="SecateurException">A place lies outside of the axis.</exception>
    public static Tensor Places(this Node node, Tensor indices, long size)
    {
        var places = indices.detach().to(ScalarType.Int64);
        if (places.numel() == 0) return places;
        var (low, high) = (places.min().item<long>(), places.max().item<long>());
        if (low < -size || high >= size)
            throw node.Error($"index {(low < -size ? low : high)} is outside of an axis of size {size}; check the data against the model's inputs");
        return low < 0 ? where(places.lt(0), places + size, places) : places;
    }

    /// <summary>Tuples of places [any…, k] as places [any…] in the k axes laid one after the other.</summary>
    /// <param name="node">Named in errors.</param>
    /// <param name="tuples">[any…, k].</param>
    /// <param name="sizes">Of the k axes.</param>
    public static Tensor FlatPlaces(this Node node, Tensor tuples, long[] sizes)
    {
        var flat = zeros(tuples.shape[..^1], ScalarType.Int64);
        for (var axis = 0; axis < sizes.Length; axis++)
        {
            using var scope = NewDisposeScope(); // a place for each element of an attention map is larger than the map
            flat.mul_(sizes[axis]).add_(node.Places(tuples.select(-1, axis), sizes[axis]));
        }
        return flat;
    }

    /// <summary>The elements of a shape.</summary>
    public static long Product(this long[] sizes) => sizes.Aggregate(1L, (product, size) => product * size);
}
