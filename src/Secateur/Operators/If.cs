using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>If</c>: <c>then_branch</c> where the condition holds, else <c>else_branch</c>.</summary>
internal sealed class If : ControlFlow
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Subgraph run) =>
        Run(node, run, Holds(node, inputs[0]!) ? "then_branch" : "else_branch", [], node.Outputs.Length);
}
