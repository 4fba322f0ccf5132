using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>An operator that folds one or more operands, broadcast together, into one.</summary>
internal abstract class Variadic : Operator
{
    public sealed override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var y = inputs[0]!;
        foreach (var operand in inputs.Skip(1)) y = Fold(y, operand!);
        return [Finish(inputs.Length == 1 ? y.alias() : y, inputs.Length)];
    }

    protected abstract Tensor Fold(Tensor so, Tensor next);

    protected virtual Tensor Finish(Tensor folded, int operands) => folded;

    public sealed override void Tie(Node node, Shapes shapes, Ties ties)
    {
        foreach (var operand in node.Inputs) ties.AddBroadcast(operand, node.Outputs[0]);
    }
}
