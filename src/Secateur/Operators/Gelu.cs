using Secateur.Onnx;
using static TorchSharp.Modules.GELU;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>Gelu</c>: Y = X · Φ(X), the normal distribution's Φ exact by erf, or approximated by tanh where <c>approximate</c> says
/// so.
/// </summary>
internal sealed class Gelu : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) => functional.gelu(x, node.Text("approximate", "none") switch
    {
        "none" => Approximate.none,
        "tanh" => Approximate.tanh,
        var other => throw node.Error($"attribute approximate is '{other}'; 'none' and 'tanh' are known, export the model again"),
    });
}
