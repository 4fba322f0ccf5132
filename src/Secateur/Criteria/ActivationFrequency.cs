using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>Magnitude times how often the input that the weight multiplies is not zero: |w|·P(x ≠ 0). After ReLU, weights of neurons that rarely fire go first.</summary>
/// <remarks>One minus the "average percentage of zeros" of Hu et al., "Network Trimming", 2016, sec. 3.1 (arXiv:1607.03250), brought from neurons to
/// the weights that read them.</remarks>
public sealed class ActivationFrequency : Criterion
{
    public override string Summary => "|w| times how often its input is not zero (APoZ, Hu et al. 2016)";

    public override Needs Needs => Needs.Activations;

    public override Tensor Score(Weight weight, Statistics statistics) => weight.Matrix.abs() * statistics.InputFrequency(weight);
}
