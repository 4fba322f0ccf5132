using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>What was seen of the data, for criteria. Tensors are float32 (of a weight of float64 perhaps float64) and shaped as the weight's matrix, [out, in·kernel].</summary>
public sealed class Statistics(long seed) : IDisposable
{
    private readonly Dictionary<string, Tensor> gradients = [];
    private readonly Dictionary<string, Tensor> squares = [];
    private readonly Dictionary<string, Tensor> frequencies = [];
    private readonly Dictionary<string, Tensor> saliencies = [];

    /// <summary>The mean gradient of the loss over all examples.</summary>
    public Tensor Gradient(Weight weight) => Find(gradients, weight);

    /// <summary>The mean over batches, each by its share of the examples (of one example, where the criterion needs <see cref="Needs.ExampleGradients"/>) of the squared gradient.</summary>
    public Tensor SquaredGradient(Weight weight) => Find(squares, weight);

    /// <summary>The share of examples and positions at which the input that a weight multiplies is not zero, in [0, 1].</summary>
    public Tensor InputFrequency(Weight weight) => Find(frequencies, weight);

    /// <summary>By how much of its mean square the layer's output changes where a weight is removed and the rest of its row made the best of it, in [0, 1].</summary>
    public Tensor Saliency(Weight weight) => Find(saliencies, weight);

    /// <summary>Uniform in [0, 1), drawn for this weight from the run's seed.</summary>
    public Tensor Uniform(Weight weight)
    {
        using var generator = new Generator((ulong)Seeds.Derive(seed, "random criterion " + weight.Name));
        return rand([weight.Outputs, weight.Elements / Math.Max(1, weight.Outputs)], generator: generator);
    }

    internal void SetGradients(Weight weight, Tensor mean, Tensor meanSquare) =>
        (gradients[weight.Name], squares[weight.Name]) = (Keep(mean), Keep(meanSquare));

    internal void SetInputFrequency(Weight weight, Tensor frequency) => frequencies[weight.Name] = Keep(frequency);

    internal void SetSaliency(Weight weight, Tensor saliency) => saliencies[weight.Name] = Keep(saliency);

    public void Dispose()
    {
        foreach (var tensor in gradients.Values.Concat(squares.Values).Concat(frequencies.Values).Concat(saliencies.Values)) tensor.Dispose();
    }

    private static Tensor Keep(Tensor tensor) => tensor.DetachFromDisposeScope();

    private static Tensor Find(Dictionary<string, Tensor> from, Weight weight) => from.GetValueOrDefault(weight.Name)
        ?? throw new SecateurException($"weight '{weight.Name}': no example reached it; give more data, or keep it with --keep {weight.Name}");
}
