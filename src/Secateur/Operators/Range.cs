using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Range</c>: start, start + delta, … up to but without limit; all three are scalars of one type.</summary>
internal sealed class Range : Operator
{
    public override string WhyWhole => "counts along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (start, delta) = (inputs[0]!.reshape([]), inputs[2]!.reshape([]));
        var steps = (inputs[1]!.reshape([]) - start).to(ScalarType.Float64).item<double>() / delta.to(ScalarType.Float64).item<double>();
        if (!double.IsFinite(steps)) throw node.Error("its delta is 0 or a bound is infinite; export the model again");
        node.Affordable([(long)Math.Clamp(steps, 0, long.MaxValue)]);
        return [start + arange((long)Math.Max(0, Math.Ceiling(steps)), dtype: start.dtype) * delta];
    }
}
