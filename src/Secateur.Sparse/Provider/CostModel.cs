using System.Globalization;
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>Says which layers are faster sparse than dense.</summary>
internal abstract class CostModel
{
    /// <summary>That which a session's options ask for.</summary>
    public static CostModel Of(ProviderOptions options, Zeros zeros) => options switch
    {
        { Force: true } => new EverythingPays(),
        { Threshold: { } threshold } => new EnoughZeros(threshold, zeros),
        _ => new MeasuredCost(zeros, Costs.Here, options.Values),
    };

    /// <returns>Why it stays with the dense kernels; null where it is taken, as is all that can be and the model holds packed: whoever packed it has decided.</returns>
    public string? Objection(Layer layer) => (layer.Packed is null ? Judge(layer) : null) ?? layer.Impossible();

    protected abstract string? Judge(Layer layer);

    protected static string Of(Layer layer, double share, string objection) =>
        string.Create(CultureInfo.InvariantCulture, $"[{layer.Weight.Rows}, {layer.Weight.Columns}], {share * 100:0.0} % zeros: {objection}");
}

/// <summary>Takes all.</summary>
internal sealed class EverythingPays : CostModel
{
    protected override string? Judge(Layer layer) => null;
}

/// <summary>Takes weights with a share of zeros at least.</summary>
internal sealed class EnoughZeros(double threshold, Zeros zeros) : CostModel
{
    protected override string? Judge(Layer layer) => zeros.Share(layer) is var share && share >= threshold ? null : Of(layer, share, "under the threshold");
}

/// <summary>Takes what is faster by the speeds that were measured on this machine, and slower for no number of tokens or pixels that may come.</summary>
internal sealed class MeasuredCost(Zeros zeros, Costs costs, ValueKind values) : CostModel
{
    private const double Least = 1.15;  // times as fast, where it is fastest: a gain within what such a measurement is off by is none
    private const double Nowhere = 1.0; // and where it is slowest
    private const double LeastImage = 1.3; // of a convolution: ONNX Runtime's own hand on images in another order, which one that we take interrupts
    private static readonly long[] Tokens = [1, 2, 4, 8, 9, 16, 17, 64, 256];
    private static readonly long[] Images = [1, 8];
    private static readonly long[] UnknownPixels = [49, 196, 3136];
    private const int UnknownRow = 14;

    protected override string? Judge(Layer layer)
    {
        var census = zeros.Of(layer);
        if (census.Nonzero == 0) return null;
        double[] speedups = [.. Speedups(layer, census)];
        return speedups.Max() >= (layer is ConvolutionLayer ? LeastImage : Least) && speedups.Min() >= (layer is ConvolutionLayer ? LeastImage : Nowhere)
            ? null
            : Of(layer, zeros.Share(layer), string.Create(CultureInfo.InvariantCulture, $"{speedups.Min():F2} to {speedups.Max():F2} times as fast as dense"));
    }

    private IEnumerable<double> Speedups(Layer layer, Census census) => layer switch
    {
        ConvolutionLayer { IsProduct: true } when layer.Input.Shape is [var images, _, .. var size] && size.All(axis => axis == 1) => Products(layer, census, images > 0 ? [images] : Images, ValueKind.Float32),
        ConvolutionLayer convolution => Pixels(layer.Node.Output.Shape).Select(pixels => costs.DenseConvolution(census, pixels, layer.Integers is not null)
            / costs.Convolution(census, convolution.Geometry, pixels, convolution.Geometry.IsPointwise ? (int)Math.Min(pixels, int.MaxValue) : Row(layer.Node.Output.Shape), layer.Integers is null ? 0 : convolution.Channels)),
        _ => Products(layer, census, TokensOf(layer.Input.Shape), values),
    };

    private IEnumerable<double> Products(Layer layer, Census census, IEnumerable<long> tokens, ValueKind kind)
    {
        var (integers, stored, packed) = (layer.Integers is not null, layer.Bytes?.BytesOfElement ?? sizeof(float), layer.Bytes is null ? kind : layer.Bytes.RowScales(layer.Weight).Length > 0 ? ValueKind.Int8 : ValueKind.Float32);
        return tokens.Select(count => costs.DenseProduct(census, count, stored, integers) / costs.Product(census, count, PackedValues.BytesOf(packed), integers));
    }

    /// <summary>What an open axis may be; the others are what they are.</summary>
    private static IEnumerable<long> TokensOf(long[]? shape)
    {
        if (shape is not [.. var axes, _]) return Tokens;
        var known = axes.Where(axis => axis > 0).Aggregate(1L, (product, axis) => product * axis);
        return axes.All(axis => axis > 0) ? [known] : Tokens.Select(tokens => tokens * known);
    }

    private static int Row(long[]? shape) => shape is [_, _, .., > 0 and < int.MaxValue and var width] ? (int)width : UnknownRow;

    private static IEnumerable<long> Pixels(long[]? shape)
    {
        if (shape is not [var batch, _, .. var axes] || !axes.All(axis => axis > 0)) return UnknownPixels;
        return batch > 0 ? [batch * Broadcast.Elements(axes)] : Images.Select(images => images * Broadcast.Elements(axes));
    }
}
