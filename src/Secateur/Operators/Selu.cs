using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Operators;

/// <summary>ONNX <c>Selu</c>: Y = gamma·X where X > 0, else gamma·alpha·(eˣ − 1).</summary>
internal sealed class Selu : Elementwise
{
    protected override Tensor Apply(Node node, Tensor x) =>
        functional.elu(x, node.Float("alpha", 1.67326319217681884765625f)) * node.Float("gamma", 1.05070102214813232421875f);
}
