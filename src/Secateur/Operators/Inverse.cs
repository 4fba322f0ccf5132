using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>Inverse</c>: of each matrix in the last two axes; NaN where there is none.</summary>
internal sealed class Inverse : Operator
{
    public override string WhyWhole => "works on whole matrices";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        if (x.shape is not [.., var rows, var columns] || rows != columns)
            throw node.Error($"[{string.Join(", ", x.shape)}] are no square matrices; check the data's shape");
        var singular = x.det().eq(0).unsqueeze(-1).unsqueeze(-1);
        return [where(singular, eye(rows, dtype: x.dtype), x).inverse().masked_fill(singular, double.NaN)];
    }
}
