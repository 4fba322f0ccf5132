using System.Globalization;

namespace Secateur.Sparse.Provider;

/// <summary>Says which layers are faster sparse than dense.</summary>
internal abstract class CostModel
{
    /// <summary>That which a session's options ask for.</summary>
    public static CostModel Of(ProviderOptions options, Zeros zeros) => options switch
    {
        { Force: true } => new EverythingPays(),
        { Threshold: { } threshold } => new EnoughZeros(threshold, zeros),
        _ => new EstimatedCost(zeros),
    };

    /// <returns>Why it stays with the dense kernels; null where it is taken.</returns>
    public abstract string? Objection(Layer layer);

    protected static string Of(Layer layer, double share, string objection) =>
        string.Create(CultureInfo.InvariantCulture, $"[{layer.Weight.Rows}, {layer.Weight.Columns}], {share * 100:0.0} % zeros: {objection}");
}

/// <summary>Takes all.</summary>
internal sealed class EverythingPays : CostModel
{
    public override string? Objection(Layer layer) => null;
}

/// <summary>Takes weights with a share of zeros at least.</summary>
internal sealed class EnoughZeros(double threshold, Zeros zeros) : CostModel
{
    public override string? Objection(Layer layer) => zeros.Share(layer.Weight) is var share && share >= threshold ? null : Of(layer, share, "under the threshold");
}

/// <summary>Takes what multiplies so few elements that the lower rate of sparse kernels is more than made up for.</summary>
/// <remarks>The rates are estimates from one machine with AVX-512; no other machine's, no shape's and no number of tokens is looked at yet.</remarks>
internal sealed class EstimatedCost(Zeros zeros) : CostModel
{
    // multiply-adds a second beside those of ONNX Runtime's dense kernels: 90 % zeros are 7 times as fast in a product, 3.5 times in a convolution
    private const double ProductRate = 0.6, ConvolutionRate = 0.35;

    public override string? Objection(Layer layer) =>
        zeros.Share(layer.Weight) is var share && 1 - share < (layer is ConvolutionLayer ? ConvolutionRate : ProductRate) ? null : Of(layer, share, "the dense kernel is faster");
}
