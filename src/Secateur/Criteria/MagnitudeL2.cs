using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Criteria;

/// <summary>Squared magnitude, w²; of a block the mean of these, which orders blocks as their L2 norms do.</summary>
/// <remarks>Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017, sec. 3.1, compares L1 and L2 norms (arXiv:1608.08710).</remarks>
public sealed class MagnitudeL2 : Criterion
{
    public override string Summary => "w², the mean of it in a block (L2 norm); needs no data";

    public override Tensor Score(Weight weight, Statistics statistics) => weight.Matrix.square();
}
