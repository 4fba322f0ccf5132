using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>
/// Strides, dilations and padding of a convolution or pooling node, from <c>pads</c> or <c>auto_pad</c>; one entry a spatial
/// dimension.
/// </summary>
internal sealed record Window(long[] Kernel, long[] Strides, long[] Dilations, long[] Begin, long[] End)
{
    public int Rank => Kernel.Length;

    public bool IsSymmetric => Begin.AsSpan().SequenceEqual(End);

    /// <summary>As <c>torch.nn.functional.pad</c> wants it: last dimension first, begin and end in turn.</summary>
    public long[] TorchPadding => [.. Begin.Zip(End).Reverse().SelectMany(pair => new[] { pair.First, pair.Second })];

    /// <summary>The same window over an input that is already padded.</summary>
    public Window Unpadded => this with { Begin = new long[Rank], End = new long[Rank] };

    /// <summary>The sizes of an input with its padding.</summary>
    public long[] Padded(long[] spatial) => [.. spatial.Select((size, d) => size + Math.Max(0, Begin[d]) + Math.Max(0, End[d]))];

    /// <summary>Elements that the kernel spans in a dimension, the gaps of its dilation among them.</summary>
    public long Span(int dimension) => (Kernel[dimension] - 1) * Dilations[dimension] + 1;

    /// <summary>Of a convolution: x [N, C, spatial…] and w, whose last axes are the kernel.</summary>
    /// <exception cref="SecateurException">The shapes are not of one rank of 3 to 5, or an attribute has not one entry for each spatial dimension.</exception>
    public static Window OfConvolution(Node node, long[] x, long[] w)
    {
        if (x.Length != w.Length || x.Length is < 3 or > 5)
            throw node.Error($"its input has {x.Length} axes and its weight {w.Length}; 3 to 5 of both are needed, check the data's shape");
        var window = Of(node, x[2..], w[2..]);
        node.Affordable([x[0], x[1], .. window.Padded(x[2..])], x.Product());
        return window;
    }

    /// <exception cref="SecateurException">An attribute has not one entry for each spatial dimension.</exception>
    public static Window Of(Node node, long[] spatial, long[] kernel)
    {
        var rank = spatial.Length;
        long[] Each(string name) => Sized(node.Ints(name) ?? [.. Enumerable.Repeat(1L, rank)], rank, name);
        long[] Sized(long[] values, int expected, string name) => values.Length == expected ? values
            : throw node.Error($"attribute {name} has {values.Length} entries for {rank} spatial dimensions; export the model again");
        Sized(kernel, rank, "kernel_shape");
        var (strides, dilations) = (Each("strides"), Each("dilations"));
        if (Array.Exists([.. strides, .. dilations, .. kernel], size => size < 1))
            throw node.Error("a stride, dilation or kernel size is below 1; export the model again");
        var automatic = node.Text("auto_pad", "NOTSET");
        var pads = automatic == "NOTSET" ? Sized(node.Ints("pads") ?? new long[2 * rank], 2 * rank, "pads") : new long[2 * rank];
        var window = new Window(kernel, strides, dilations, pads[..rank], pads[rank..]);
        for (var d = 0; d < rank && automatic is "SAME_UPPER" or "SAME_LOWER"; d++)
        {
            var outputs = (spatial[d] + strides[d] - 1) / strides[d];
            var total = Math.Max(0, (outputs - 1) * strides[d] + window.Span(d) - spatial[d]);
            (window.Begin[d], window.End[d]) = automatic == "SAME_UPPER" ? (total / 2, total - total / 2) : (total - total / 2, total / 2);
        }
        return window;
    }
}
