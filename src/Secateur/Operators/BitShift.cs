using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>BitShift</c>: X's bits moved by Y places to the LEFT or RIGHT, as <c>direction</c> says; unsigned integers.</summary>
internal sealed class BitShift : Broadcast
{
    protected override Tensor Apply(Node node, Tensor a, Tensor b) => node.Text("direction") switch
    {
        "LEFT" => a.bitwise_left_shift(b),
        "RIGHT" => a.bitwise_right_shift(b),
        var other => throw node.Error($"attribute direction is '{other}'; LEFT and RIGHT are known, export the model again"),
    };
}
