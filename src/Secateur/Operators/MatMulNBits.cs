using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>MatMulNBits</c>: A [batch…, K] times the transpose of B [N, K], which is packed in blocks along K of 2, 4 or 8 bits an
/// element, each block with a scale and a zero point.
/// </summary>
/// <remarks>B is [N, blocks, bytes], the low bits first; zero points are packed alike [N, bytes], or of the scales' type [N, blocks], and 2^(bits − 1) where left out.</remarks>
internal sealed class MatMulNBits : Operator
{
    public override string WhyWhole => "multiplies by packed weights along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (a, scales, bias) = (inputs[0]!, inputs[2]!, inputs.ElementAtOrDefault(5));
        var (k, n, bits, block) = (node.Int("K"), node.Int("N"), node.Int("bits", 4), node.Int("block_size"));
        if (bits is not (2 or 4 or 8) || block < 1 || k < 1 || n < 1 || a.dim() == 0 || a.shape[^1] != k)
            throw node.Error($"cannot multiply [{string.Join(", ", a.shape)}] by [{n}, {k}] of {bits} bits in blocks of {block}; check the data's shape");
        var blocks = (k + block - 1) / block;
        if (inputs.ElementAtOrDefault(4) is not null) throw node.Error("its input g_idx is not known; quantize the model without reordering");
        var levels = Sized(node, Unpack(inputs[1]!, bits), "B", n * blocks * block).reshape(n, blocks, block).to(a.dtype);
        var zero = inputs.ElementAtOrDefault(3) is not { } given ? full([1, 1, 1], 1L << (int)(bits - 1), a.dtype)
            : given.is_floating_point() ? Sized(node, given, "its zero points", n * blocks).reshape(n, blocks, 1)
            : Unpack(given.reshape(n, -1), bits).narrow(1, 0, blocks).to(a.dtype).unsqueeze(2);
        var w = ((levels - zero) * Sized(node, scales, "its scales", n * blocks).reshape(n, blocks, 1)).reshape(n, -1).narrow(1, 0, k);
        return [nn.functional.linear(a, w, bias)];
    }

    public override long Macs(Node node, Shapes shapes) => shapes.Elements(node.Outputs[0]) * node.Int("K");

    /// <summary>Whole rows of B may go: they are packed along K alone.</summary>
    public override void Tie(Node node, Shapes shapes, Ties ties)
    {
        var (a, b, y) = (node.Inputs[0], node.Inputs[1], node.Outputs[0]);
        var (rank, rows) = (shapes[a].Length, new Axis(b, 0));
        for (var axis = 0; axis < rank - 1; axis++) ties.Add(new(a, axis), new(y, axis));
        ties.Add(new(y, rank - 1), rows);
        for (var input = 2; input < node.Inputs.Length; input++)
            if (node.HasInput(input)) ties.AddProduct(new(node.Inputs[input], 0), rows, shapes[node.Inputs[input]][0] / node.Int("N"));
    }

    public override void Mend(Node node, Mending mending) => mending.Want("N", mending.After(node.Inputs[1])[0]);

    /// <summary>The last axis with each byte's elements apart.</summary>
    private static Tensor Unpack(Tensor packed, long bits)
    {
        var wide = packed.to(ScalarType.Int32).unsqueeze(-1);
        var shifts = arange(0, 8, bits, ScalarType.Int32);
        return wide.bitwise_right_shift(shifts).bitwise_and((1 << (int)bits) - 1).flatten(-2);
    }

    private static Tensor Sized(Node node, Tensor tensor, string name, long elements) => tensor.numel() == elements ? tensor
        : throw node.Error($"{name} has {tensor.numel()} elements, {elements} are needed; quantize the model again");
}
