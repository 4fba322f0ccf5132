using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>LpNormalization</c>: Y = X / (Σ|x|ᵖ)^(1/p) along <c>axis</c>; zeros stay zeros.</summary>
internal sealed class LpNormalization : Operator
{
    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var x = inputs[0]!;
        var norm = linalg.vector_norm(x, node.Int("p", 2), [node.Axis("axis", -1, x.dim())], keepdim: true);
        return [x / where(norm.eq(0), ones_like(norm), norm)];
    }

    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        ties.AddAll(node.Inputs[0], node.Outputs[0]);
        ties.Sum(new(node.Inputs[0], node.Axis("axis", -1, shapes[node.Inputs[0]].Length))); // zeros add nothing to a norm
    }
}
