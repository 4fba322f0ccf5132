using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Structure.Ranks;

/// <summary>Second moments of what layers compute, summed over examples and positions in float64.</summary>
/// <remarks>Of outputs W·x without their bias, [out, out]; of a layer with more outputs than inputs, of the inputs x, [in, in]: either says the same of how far a product W'·x is off.</remarks>
internal sealed class Moments : IDisposable
{
    private readonly Dictionary<Factorable, Tensor> sums = [];

    /// <summary>Null for a layer that nothing was seen of.</summary>
    public Tensor? this[Factorable layer] => sums.GetValueOrDefault(layer);

    /// <summary>Adds one run of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">Of its node.</param>
    /// <param name="output">Of its node.</param>
    public void Add(Factorable layer, IReadOnlyList<Tensor?> inputs, Tensor output)
    {
        using var scope = NewDisposeScope();
        var rows = (layer.IsTall ? Inputs(layer.Node, inputs[0]!) : Outputs(layer, inputs, output)).to(ScalarType.Float64); // [positions, width]
        var sum = mm(rows.t(), rows);
        if (sums.TryGetValue(layer, out var before)) before.add_(sum);
        else sums[layer] = sum.DetachFromDisposeScope();
    }

    public void Dispose()
    {
        foreach (var sum in sums.Values) sum.Dispose();
    }

    private static Tensor Inputs(Node node, Tensor x) => node.Flag("transA") ? x.t() : x.reshape(-1, x.shape[^1]);

    private static Tensor Outputs(Factorable layer, IReadOnlyList<Tensor?> inputs, Tensor y)
    {
        if (layer.Node.OpType == "Conv") y = y.movedim([1L], [-1L]);
        if (inputs.Count > 2 && inputs[2] is { } bias) y = y - (layer.Node.Float("beta", 1) * bias);
        return y.reshape(-1, layer.Outputs) / layer.Node.Float("alpha", 1);
    }
}
