using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Granularities;

/// <summary>Each weight alone.</summary>
public sealed class Unstructured : Granularity
{
    public override Tensor Units(Weight weight, Tensor scores) => scores.reshape(-1);

    public override Tensor Spread(Weight weight, Tensor units) => units.reshape(weight.Outputs, -1);
}
