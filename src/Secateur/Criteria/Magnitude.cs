using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>Magnitude, |w|; of a block the mean of these (L1).</summary>
/// <remarks>Han et al., "Learning both Weights and Connections for Efficient Neural Networks", NeurIPS 2015, sec. 3 (arXiv:1506.02626).</remarks>
public sealed class Magnitude : Criterion
{
    public override string Summary => "|w|, the mean of it in a block (L1); needs no data (Han et al. 2015)";

    public override Tensor Score(Weight weight, Statistics statistics) => weight.Matrix.abs();
}
