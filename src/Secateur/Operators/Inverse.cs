using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>Inverse</c>: of each matrix in the last two axes.</summary>
internal sealed class Inverse : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode) => inputs[0]!.shape is [.., var rows, var columns] && rows == columns
        ? [linalg.inv_ex(inputs[0]!).Item1]
        : throw node.Error($"[{string.Join(", ", inputs[0]!.shape)}] are no square matrices; check the data's shape");
}
