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
        _ => new MeasuredCost(zeros, Costs.Here),
    };

    /// <returns>Why it stays with the dense kernels; null where it is taken.</returns>
    public abstract string? Objection(Layer layer);
}

/// <summary>Takes all.</summary>
internal sealed class EverythingPays : CostModel
{
    public override string? Objection(Layer layer) => null;
}

/// <summary>Takes weights with a share of zeros at least.</summary>
internal sealed class EnoughZeros(double threshold, Zeros zeros) : CostModel
{
    public override string? Objection(Layer layer) => zeros.Share(layer.Weight) >= threshold ? null : FormattableString.Invariant($"fewer zeros than {threshold:P1}");
}

/// <summary>Takes what is faster by the speeds that were measured on this machine, for every number of tokens or pixels that may come.</summary>
internal sealed class MeasuredCost(Zeros zeros, Costs costs) : CostModel
{
    private const double Least = 1.05; // times as fast: a gain within what such a measurement is off by is none
    private static readonly long[] AnyTokens = [1, 4, 8, 16, 64, 256];
    private static readonly long[] AnyPixels = [196, 3136];

    public override string? Objection(Layer layer)
    {
        var census = zeros.Of(layer.Weight);
        if (census.Nonzero == 0) return null;
        var speedup = layer is ConvolutionLayer convolution
            ? Pixels(layer.Node.Output.Shape).Min(pixels => costs.DenseConvolution(census, pixels) / costs.Convolution(census, convolution.Groups, pixels))
            : Tokens(layer.Input.Shape).Min(tokens => costs.DenseProduct(census, tokens) / costs.Product(census, tokens));
        return speedup >= Least ? null : FormattableString.Invariant($"{zeros.Share(layer.Weight):P1} zeros would be {speedup:F2} times as fast");
    }

    private static long[] Tokens(long[]? shape) => shape is [.. var axes, _] && axes.All(axis => axis > 0) ? [Broadcast.Elements(axes)] : AnyTokens;

    /// <summary>An open batch counts as one image.</summary>
    private static long[] Pixels(long[]? shape) => shape is [var batch, _, .. var axes] && axes.All(axis => axis > 0) ? [Math.Max(1, batch) * Broadcast.Elements(axes)] : AnyPixels;
}
