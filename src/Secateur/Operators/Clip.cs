using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Clip</c>: Y = min(max(X, min), max); the bounds are attributes before operator set 11 and optional inputs since.</summary>
internal sealed class Clip : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (low, high) = (Bound("min", 1), Bound("max", 2));
        var y = low is null && high is null ? inputs[0]!.alias() : inputs[0]!.clamp(low, high);
        GC.KeepAlive(low);
        GC.KeepAlive(high);
        return [y];

        TorchSharp.Scalar? Bound(string name, int index) =>
            index < inputs.Length && inputs[index] is { } bound ? bound.ToScalar() : node.Has(name) ? node.Float(name) : null;
    }

    public override void Tie(Node node, Shapes shapes, Ties ties) => ties.AddAll(node.Inputs[0], node.Outputs[0]);
}
