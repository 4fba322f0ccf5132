using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Products of quantized operands, exact as integers are, whatever the rounding of floats.</summary>
internal static class IntegerProduct
{
    private static readonly MatMul Product = new();
    private static readonly Conv Convolution = new();

    /// <summary>(A − zero of A)·(B − zero of B) as float64 or float32, whichever holds every sum exactly.</summary>
    /// <param name="node">The node, for messages.</param>
    /// <param name="a">[…, M, K].</param>
    /// <param name="zeroA">One, or one a row [M] or […, M, 1]; null: 0.</param>
    /// <param name="b">[…, K, N].</param>
    /// <param name="zeroB">One, or one a column [N] or […, 1, N]; null: 0.</param>
    public static Tensor MatMul(Node node, Tensor a, Tensor? zeroA, Tensor b, Tensor? zeroB)
    {
        var type = Exact(a.dim() > 0 ? a.shape[^1] : 1);
        if (zeroA is { } rows && rows.dim() == 1 && rows.numel() > 1) zeroA = rows.unsqueeze(1);
        return Product.Run(node, [Centered(node, a, zeroA, type), Centered(node, b, zeroB, type)], default)[0];
    }

    /// <summary>The convolution of X − zero of X by W − zero of W, as <see cref="MatMul"/>; padding is 0 after the zero point is taken off.</summary>
    /// <param name="node">A node with the attributes of a Conv.</param>
    /// <param name="x">[N, C, spatial…].</param>
    /// <param name="zeroX">One; null: 0.</param>
    /// <param name="w">[M, C/group, kernel…].</param>
    /// <param name="zeroW">One, or one an output [M]; null: 0.</param>
    public static Tensor Conv(Node node, Tensor x, Tensor? zeroX, Tensor w, Tensor? zeroW)
    {
        if (zeroW is not null && zeroW.numel() > 1) zeroW = Outputs(zeroW, w);
        var type = Exact(w.shape.Skip(1).Aggregate(1L, (product, size) => product * size));
        return Convolution.Run(node, [Centered(node, x, zeroX, type), Centered(node, w, zeroW, type)], default)[0];
    }

    /// <summary>As int32, save where a gradient flows through it.</summary>
    public static Tensor Whole(Tensor product) => product.requires_grad ? product : product.to(ScalarType.Int32);

    /// <summary>One an output [M], made to broadcast against w [M, …]; anything else stays.</summary>
    public static Tensor Outputs(Tensor parameter, Tensor w) =>
        parameter.dim() == 1 && parameter.numel() > 1 ? parameter.reshape([-1, .. Enumerable.Repeat(1L, Math.Max(0, (int)w.dim() - 1))]) : parameter;

    /// <summary>Ties the axes of a product by quantized B, the input at <paramref name="b"/>; A is the first.</summary>
    /// <param name="zero">The place of B's zero points.</param>
    /// <param name="rows">Places of what may be one a row of A.</param>
    /// <param name="columns">Places of what may be one a column of B.</param>
    public static void TieMatMul(Node node, Shapes shapes, Ties ties, int b, int zero, ReadOnlySpan<int> rows, ReadOnlySpan<int> columns)
    {
        var (left, right) = (node.Inputs[0], node.Inputs[b]);
        var (inner, outer) = Operators.MatMul.Inner(left, right, shapes);
        ties.Contract(inner, outer, ZeroOf(node, zero, shapes[right].Length - 1));
        Operators.MatMul.TieOuter(left, right, node.Outputs[0], shapes, ties);
        foreach (var place in rows)
        {
            if (!node.HasInput(place)) continue;
            if (shapes[node.Inputs[place]] is [> 1]) ties.Add(new(node.Inputs[place], 0), new(left, Math.Max(0, shapes[left].Length - 2)));
            else ties.AddBroadcast(node.Inputs[place], left);
        }
        foreach (var place in columns)
            if (node.HasInput(place)) ties.AddBroadcast(node.Inputs[place], right);
    }

    /// <summary>Ties the axes of a convolution by quantized W, the input at <paramref name="w"/>; X is the first.</summary>
    /// <param name="zero">The place of W's zero points.</param>
    /// <param name="channels">The axis of X and Y that counts the channels.</param>
    /// <param name="each">Places of what may be one an output.</param>
    public static void TieConv(Node node, Shapes shapes, Ties ties, int w, int zero, int channels, ReadOnlySpan<int> each)
    {
        var (x, kernel, y) = (node.Inputs[0], node.Inputs[w], node.Outputs[0]);
        ties.Add(new(x, 0), new(y, 0));
        ties.Add(new(kernel, 0), new(y, channels));
        foreach (var place in each)
            if (node.HasInput(place) && shapes[node.Inputs[place]] is [> 1]) ties.Add(new(node.Inputs[place], 0), new(kernel, 0));
        Operators.Conv.TieGroups(node.Int("group", 1), new(x, channels), new(kernel, 1), new(y, channels), shapes, ties, ZeroOf(node, zero, 0));
    }

    /// <summary>The zero points at an input, one or one for each index of the weight's axis.</summary>
    public static Zero ZeroOf(Node node, int input, int axis) => new(node.HasInput(input) ? node.Inputs[input] : "", axis);

    /// <summary>float32 counts to 2²⁴ without a gap.</summary>
    private static ScalarType Exact(long terms) => terms <= (1 << 24) / (255 * 255) ? ScalarType.Float32 : ScalarType.Float64;

    private static Tensor Centered(Node node, Tensor q, Tensor? zero, ScalarType type)
    {
        if (zero is not null && (zero.dim() > q.dim() && zero.numel() > 1
            || zero.shape.Reverse().Zip(q.shape.Reverse()).Any(pair => pair.First != 1 && pair.First != pair.Second)))
            throw node.Error($"a zero point of [{string.Join(", ", zero.shape)}] does not fit [{string.Join(", ", q.shape)}]; export the model again");
        return Quantizer.Centered(q, zero?.numel() == 1 ? zero.reshape() : zero, type);
    }
}
