using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>Strides, dilations and padding of a convolution or pooling node, from <c>pads</c> or <c>auto_pad</c>; one entry a spatial dimension.</summary>
internal sealed record Window(long[] Kernel, long[] Strides, long[] Dilations, long[] Begin, long[] End)
{
    public bool IsSymmetric => Begin.AsSpan().SequenceEqual(End);

    /// <summary>As <c>torch.nn.functional.pad</c> wants it: last dimension first, begin and end in turn.</summary>
    public long[] TorchPadding => [.. Begin.Zip(End).Reverse().SelectMany(pair => new[] { pair.First, pair.Second })];

    /// <exception cref="SecateurException">An attribute has not one entry for each spatial dimension.</exception>
    public static Window Of(Node node, long[] spatial, long[] kernel)
    {
        var rank = spatial.Length;
        long[] Each(string name) => Sized(node.Ints(name) ?? [.. Enumerable.Repeat(1L, rank)], rank, name);
        long[] Sized(long[] values, int expected, string name) => values.Length == expected ? values
            : throw node.Error($"attribute {name} has {values.Length} entries for {rank} spatial dimensions; export the model again");
        var (strides, dilations) = (Each("strides"), Each("dilations"));
        var pads = Sized(node.Ints("pads") ?? new long[2 * rank], 2 * rank, "pads");
        var (begin, end) = (pads[..rank], pads[rank..]);
        if (node.Text("auto_pad", "NOTSET") is ("SAME_UPPER" or "SAME_LOWER") and var same)
        {
            for (var d = 0; d < rank; d++)
            {
                var outputs = (spatial[d] + strides[d] - 1) / strides[d];
                var total = Math.Max(0, (outputs - 1) * strides[d] + (kernel[d] - 1) * dilations[d] + 1 - spatial[d]);
                (begin[d], end[d]) = same == "SAME_UPPER" ? (total / 2, total - total / 2) : (total - total / 2, total / 2);
            }
        }
        return new(kernel, strides, dilations, begin, end);
    }
}
