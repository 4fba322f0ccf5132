using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>ONNX <c>If</c>: <c>then_branch</c> where the condition holds, else <c>else_branch</c>.</summary>
internal sealed class If : ControlFlow
{
    public override IDisposable[] Run(Node node, IDisposable?[] inputs, Subgraph run) =>
        Run(node, run, Holds(node, inputs.FirstOrDefault()) ? "then_branch" : "else_branch", [], node.Outputs.Length);
}
