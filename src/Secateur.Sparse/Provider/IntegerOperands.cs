using System.Collections.Immutable;
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>
/// What a node that multiplies integers takes: MatMulInteger and ConvInteger, whose sums stay integers, QLinearMatMul and QLinearConv, which make bytes of them,
/// and what quantizers write for these: a node of floats between DequantizeLinear and QuantizeLinear.
/// </summary>
internal sealed unsafe class IntegerOperands
{
    private const float SameScale = 1e-5f; // relative: quantizers round the product of two scales
    private readonly int _zero; // of the input, where it is known

    private IntegerOperands(GraphValue input, QuantizedWeight weight, GraphValue? zero)
    {
        (Input, Weight) = (input, weight);
        if (zero is null) return;
        if (!zero.IsConstant) Zero = zero;
        else _zero = Whole(zero);
    }

    public static ImmutableArray<string> Matrices { get; } = ["MatMulInteger", "QLinearMatMul"];
    public static ImmutableArray<string> Convolutions { get; } = ["ConvInteger", "QLinearConv"];

    public GraphValue Input { get; }
    public QuantizedWeight Weight { get; }

    /// <summary>The input's zero point, where a run brings it.</summary>
    public GraphValue? Zero { get; }

    /// <summary>By what sums are multiplied that become floats, one number or one for each output; null where they do not.</summary>
    public GraphValue? Scales { get; set; }

    /// <summary>The same, where they are known.</summary>
    public float[]? KnownScales { get; private init; }

    /// <summary>Null where sums do not become bytes.</summary>
    public Requantization? Made { get; private init; }

    /// <summary>Nodes that make floats of bytes before, but for the weight's own.</summary>
    public ImmutableArray<GraphNode> Before { get; private init; } = [];

    /// <summary>Nodes that make bytes of floats behind.</summary>
    public ImmutableArray<GraphNode> Behind { get; private init; } = [];

    public bool IsSigned => Input.Type == Ort.SignedByte;

    /// <param name="node">One of those above.</param>
    /// <param name="axis">The weight's axis of the outputs.</param>
    /// <param name="objection">Why it cannot be one of ours, or null.</param>
    public static IntegerOperands? Of(GraphNode node, int axis, out string? objection)
    {
        var linear = node.Operator.StartsWith("QLinear", StringComparison.Ordinal);
        var (input, inputZero, right, rightZero) = linear ? (node.Input(0), node.Input(2), node.Input(3), node.Input(5)) : (node.Input(0), node.Input(2), node.Input(1), node.Input(3));
        if (input is null || right is null || (linear && (inputZero is null || rightZero is null))) return None(out objection, "an operand is missing");
        if (input.IsConstant) return None(out objection, "its input is a constant");
        if (input.Type is not (Ort.Byte or Ort.SignedByte)) return None(out objection, "its input is not of bytes");
        if (inputZero is not null && (inputZero.Type != input.Type || !IsOne(inputZero))) return None(out objection, "its input's zero point is not one number");
        if (QuantizedWeight.Whole(right, node, rightZero, axis, out objection) is not { } weight) return null;
        var operands = new IntegerOperands(input, weight, inputZero) { Made = linear ? Requantized(node, (int)weight.Shape[axis]) : null };
        objection = linear && operands.Made is null ? "its scales, zero points or bias are not known, are no numbers, or are not one for each output or one for all" : linear && operands.Zero is not null ? "its input's zero point is no constant" : null;
        return objection is null ? operands : null;
    }

    /// <summary>A product or convolution of floats that are made of bytes just before, and become such just behind; products may also stay floats.</summary>
    /// <param name="node">Of floats.</param>
    /// <param name="weight">Its own.</param>
    /// <param name="matrix">The same as a matrix.</param>
    /// <param name="bias">Null where there is none.</param>
    /// <param name="floats">Whether it may stay floats.</param>
    /// <returns>Null where it is none such.</returns>
    public static IntegerOperands? Between(GraphNode node, QuantizedWeight weight, Dense matrix, GraphValue? bias, bool floats)
    {
        if (node.Input(0)?.Maker is not { Operator: "DequantizeLinear" } before || before.Output.OnlyUser != node || before.Input(0) is not { IsConstant: false } input || input.Type is not (Ort.Byte or Ort.SignedByte)) return null;
        if (Numbers(before.Input(1), 1) is not [var scale] || (before.Input(2) is { } zero && (!zero.IsConstant || zero.Type != input.Type || !IsOne(zero)))) return null;
        float[] scales = [.. weight.RowScales(matrix).Select(one => scale * one)];
        if (scales.Length == 0 || !scales.All(one => float.IsFinite(one) && one > 0)) return null;
        int[]? added = null;
        var makers = new List<GraphNode> { before };
        if (bias is not null)
        {
            if (bias.Maker is not { Operator: "DequantizeLinear" } maker || bias.OnlyUser != node || WholeBias(maker, scales) is not { } whole) return null;
            (added, makers) = (whole, [before, maker]);
        }
        var last = node.Output.OnlyUser is { Operator: "Relu" } relu ? relu : node;
        if (last.Output.OnlyUser is not { Operator: "QuantizeLinear" } behind || behind.Input(0) != last.Output)
            return floats && bias is null ? new(input, weight.AsIntegers(), before.Input(2)) { Before = [before], KnownScales = scales } : null;
        if (Numbers(behind.Input(1), 1) is not [var made] || behind.Output.Type is not (Ort.Byte or Ort.SignedByte)) return null;
        if (behind.Input(2) is { } madeZero && (!madeZero.IsConstant || madeZero.Type != behind.Output.Type || !IsOne(madeZero))) return null;
        var signed = behind.Output.Type == Ort.SignedByte;
        var offset = behind.Input(2) is { } constant ? Whole(constant) : 0;
        if (last != node && offset != (signed ? sbyte.MinValue : 0)) return null; // what is under 0 would not be the least byte
        float[] factors = [.. scales.Select(one => one / made)];
        return factors.All(float.IsFinite)
            ? new(input, weight.AsIntegers(), before.Input(2)) { Before = [.. makers], Behind = last == node ? [behind] : [last, behind], Made = new(factors, added, offset, signed) }
            : null;
    }

    /// <summary>How both ends of the layer are packed.</summary>
    public IntegerEnds Ends(float[]? bias, Activation activation) =>
        Made is not null ? new(IsSigned, _zero, Made) : Scales is not null || KnownScales is not null ? new(IsSigned, _zero, KnownScales, bias, activation) : new(IsSigned, _zero);

    /// <summary>Why sums of floats would not be those of integers, or null: those of a row may pass 2²⁴, up to which floats hold each whole number.</summary>
    /// <param name="sums">Of the weight's elements less their zero points.</param>
    public string? Inexact(RowSums sums)
    {
        var (least, most) = IsSigned ? (sbyte.MinValue, sbyte.MaxValue) : (0, (int)byte.MaxValue);
        var (below, above) = Zero is null ? (_zero - least, most - _zero) : (most - least, most - least); // of the input, at most
        for (var row = 0; row < sums.Plus.Length; row++)
        {
            var (plus, minus) = (sums.Plus[row], sums.Minus[row]);
            // with a zero point that a run brings an input is as far above it or below it as can be, but never both
            var largest = Zero is null ? Math.Max(above * plus + below * minus, below * plus + above * minus) : above * Math.Max(plus, minus);
            if (largest > Integers.MostExact) return $"sums of its output {row} may reach {largest}, and floats are exact up to {Integers.MostExact}";
        }
        return null;
    }

    /// <returns>Null where it is not known, or is none.</returns>
    private static Requantization? Requantized(GraphNode node, int outputs)
    {
        if (Numbers(node.Input(1), 1) is not [var scale] || Numbers(node.Input(4), outputs) is not { } scales || Numbers(node.Input(6), 1) is not [var made]) return null;
        if (node.Input(7) is not { IsConstant: true } zero || zero.Type != node.Output.Type || zero.Type is not (Ort.Byte or Ort.SignedByte) || !IsOne(zero)) return null;
        int[]? added = null;
        if (node.Input(8) is { } bias)
        {
            if (!bias.IsConstant || bias.Constant is not { Type: Ort.Integer32, Rank: 1 } values || values.Elements != outputs) return null;
            added = new ReadOnlySpan<int>(values.Data, outputs).ToArray();
        }
        var signed = zero.Type == Ort.SignedByte;
        float[] factors = [.. Enumerable.Range(0, outputs).Select(output => scale * scales[scales.Length == 1 ? 0 : output] / made)]; // in the order in which ONNX Runtime rounds them
        return factors.All(float.IsFinite) ? new(factors, added, Whole(zero), signed) : null;
    }

    /// <returns>A constant's, one or as many as there may be, all above 0; null where it is none such.</returns>
    private static float[]? Numbers(GraphValue? value, int most)
    {
        if (value is not { IsConstant: true, IsFloat: true } || value.Constant is not { Rank: <= 1 } constant || (constant.Elements != 1 && constant.Elements != most)) return null;
        var numbers = new ReadOnlySpan<float>(constant.Data, (int)constant.Elements).ToArray();
        return numbers.All(number => float.IsFinite(number) && number > 0) ? numbers : null;
    }

    /// <returns>[outputs]; null where its scales are not those of the sums that it is added to, or it is no constant.</returns>
    private static int[]? WholeBias(GraphNode node, float[] scales)
    {
        if (node.Input(0) is not { IsConstant: true } bias || bias.Constant is not { Type: Ort.Integer32, Rank: 1 } values || values.Elements != scales.Length) return null;
        if (Numbers(node.Input(1), scales.Length) is not { } own || scales.Index().Any(one => Math.Abs(own[own.Length == 1 ? 0 : one.Index] - one.Item) > SameScale * one.Item)) return null;
        if (node.Input(2) is { } zero && (!zero.IsConstant || zero.Constant.Type != Ort.Integer32 || new ReadOnlySpan<int>(zero.Constant.Data, (int)zero.Constant.Elements).ContainsAnyExcept(0))) return null;
        return new ReadOnlySpan<int>(values.Data, scales.Length).ToArray();
    }

    /// <summary>A constant of one byte.</summary>
    private static int Whole(GraphValue value) => value.Type == Ort.SignedByte ? *(sbyte*)value.Constant.Data : *(byte*)value.Constant.Data;

    private static bool IsOne(GraphValue value) => value.Shape is [] or [1];

    private static IntegerOperands? None(out string? objection, string why)
    {
        objection = why;
        return null;
    }
}
