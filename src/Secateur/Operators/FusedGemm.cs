using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>FusedGemm</c>: a Gemm, then the function that <c>activation</c> names.</summary>
internal sealed class FusedGemm : Operator
{
    private readonly Gemm gemm = new();

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var y = gemm.Run(node, inputs, mode)[0];
        float[] parameters = [.. new[] { "activation_alpha", "activation_beta" }.Where(node.Has).Select(name => node.Float(name))];
        return [node.Has("activation") ? NamedActivation.Apply(node, y, parameters) : y];
    }

    public override IEnumerable<Learned> Learned(Node node) => gemm.Learned(node);

    public override long Macs(Node node, Shapes shapes) => gemm.Macs(node, shapes);

    public override void Tie(Node node, Shapes shapes, Ties ties) => gemm.Tie(node, shapes, ties);
}
