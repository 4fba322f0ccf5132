using System.Collections.Immutable;
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>A node that multiplies by a constant weight, and the nodes behind it that are done with it: last(activation(weight·input + bias) + residual).</summary>
internal abstract class Layer
{
    protected Layer(GraphNode node, GraphValue input, Dense weight) => (Node, Input, Weight, Output, Nodes) = (node, input, weight, node.Output, [node]);

    public GraphNode Node { get; }
    public GraphValue Input { get; private set; }

    /// <summary>[outputs, what each of them sums over]; where there are <see cref="Bytes"/>, of these; where it is <see cref="Packed"/>, its sizes and order alone.</summary>
    public Dense Weight { get; }

    /// <summary>Null where the weight is of floats.</summary>
    public QuantizedWeight? Bytes { get; protected init; }

    /// <summary>Null where floats are multiplied.</summary>
    public IntegerOperands? Integers { get; protected init; }

    /// <summary>Null where the weight lies in the model element by element.</summary>
    public PackedWeight? Packed { get; protected init; }

    /// <summary>The node and those that were taken up behind it.</summary>
    public List<GraphNode> Nodes { get; }

    /// <summary>What the last of them makes.</summary>
    public GraphValue Output { get; private set; }

    /// <summary>By which the weights of each output are multiplied, [outputs]; null where there is none.</summary>
    public float[]? Scale { get; private set; }

    /// <summary>[outputs]; null where there is none.</summary>
    public float[]? Bias { get; private set; }

    /// <summary>The shape that the output is given, −1 for one axis at most; null where that is the input's but for the outputs.</summary>
    public long[]? Shape { get; private set; }

    public Activation Activation { get; set; }
    public GraphValue? Residual { get; set; }

    /// <summary>Of the sum with the residual.</summary>
    public Activation Last { get; private set; }

    /// <summary>Axes behind that of the outputs.</summary>
    protected abstract int AxesBehind { get; }

    /// <summary>All whose nodes can be layers; those of other domains than ONNX's own begin with it.</summary>
    public static ImmutableArray<string> Operators { get; } =
        ["MatMul", "Gemm", "Conv", "com.microsoft.FusedMatMul", "com.microsoft.FusedGemm", "com.microsoft.FusedConv", .. IntegerOperands.Matrices, .. IntegerOperands.Convolutions];

    /// <summary>The layer that a node is, alone.</summary>
    /// <param name="node">Any node.</param>
    /// <param name="objection">Why it cannot be one, where its operator could; else null.</param>
    public static Layer? Of(GraphNode node, out string? objection) => node.Operator switch
    {
        "MatMul" or "Gemm" or "com.microsoft.FusedMatMul" or "com.microsoft.FusedGemm" => MatrixLayer.Of(node, out objection),
        "Conv" or "com.microsoft.FusedConv" => ConvolutionLayer.Of(node, out objection),
        "MatMulInteger" or "QLinearMatMul" => MatrixLayer.OfIntegers(node, out objection),
        "ConvInteger" or "QLinearConv" => ConvolutionLayer.OfIntegers(node, out objection),
        _ => None(out objection),
    };

    /// <summary>Takes up what comes before, where it changes nothing, and what follows, as far as it goes.</summary>
    /// <param name="isFree">Whether a node is in no other claim.</param>
    public void TakeUp(Predicate<GraphNode> isFree)
    {
        if (Bytes is not null) Nodes.InsertRange(0, Bytes.Nodes);
        if (Packed is not null) Nodes.InsertRange(0, Packed.Nodes);
        if (Integers is not null)
        {
            Nodes.InsertRange(0, Integers.Before);
            Nodes.AddRange(Integers.Behind);
            if (Integers.Behind is [.., var last]) Output = last.Output;
        }
        if (Integers is not null && !TryTakeScales(Integers, isFree)) return;
        if (this is MatrixLayer && Input.OnlyUser == Node && Input.Maker is { } maker && isFree(maker) && Reshaping.Before(maker, Weight.Columns) is { } target)
        {
            Nodes.Insert(0, maker);
            Input = maker.Input(0)!;
            Shape = [.. target[..^1], Weight.Rows];
        }
        while (Next() is { } next && next.Nodes.All(node => isFree(node)))
        {
            if (next.Scale is { } scale) Multiply(scale);
            if (next.Bias is { } bias) AddBias(bias);
            if (next.Shape is not null) Shape = next.Shape;
            if (next.Residual is not null) Residual = next.Residual;
            if (next.Activation.Kind != ActivationKind.None && Residual is null) Activation = next.Activation;
            else if (next.Activation.Kind != ActivationKind.None) Last = next.Activation;
            Nodes.AddRange(next.Nodes);
            Output = next.Output;
        }
    }

    /// <summary>The weight's numbers, each times a factor.</summary>
    public Compact ToCompact(float factor = 1) => Bytes is not null ? Bytes.ToCompact(Weight, factor) : Packed is not null ? Packed.ToCompact().Times(factor) : Compact.Of(Weight, factor);

    /// <summary>Why it cannot be done with the weights that it has, be it fast or not; null where it can.</summary>
    public string? Impossible() => Integers?.Inexact(Integers.Weight.RowSums(Weight));

    /// <summary>Cast to floats, and Mul with the scales of both operands: what is behind them is as behind any layer of floats.</summary>
    private bool TryTakeScales(IntegerOperands integers, Predicate<GraphNode> isFree)
    {
        if (integers.KnownScales is not null) return true;
        if (integers.Made is not null || Output.OnlyUser is not { Operator: "Cast" } cast || cast.Whole("to", 0) != Ort.Float || !isFree(cast)) return false;
        if (cast.Output.OnlyUser is not { Operator: "Mul" } product || !isFree(product) || product.Beside(cast.Output) is not { IsFloat: true, IsConstant: false } scales) return false;
        if (scales.Shape is not ([] or [1]) && !(AxesBehind == 0 && scales.Shape is [var each] && each == Weight.Rows)) return false;
        Nodes.AddRange([cast, product]);
        (integers.Scales, Output) = (scales, product.Output);
        return true;
    }

    /// <summary>Packs both ends of a layer of integers; null of floats.</summary>
    public IntegerEnds? Ends() => Integers?.Ends(Bias, Activation);

    /// <summary>Makes the activation that a node has in itself the layer's.</summary>
    protected void Activate(Activation activation)
    {
        if (Residual is null) Activation = activation;
        else Last = activation;
    }

    /// <returns>False where the node's own operand is not one number for each output, or one for all.</returns>
    protected bool TryAddBias(GraphValue constant, float factor)
    {
        if (Values(constant, 2, 0) is not { } values) return false;
        if (factor != 1)
            for (var i = 0; i < values.Length; i++) values[i] *= factor;
        AddBias(values);
        return true;
    }

    private Following? Next()
    {
        var (activated, summed) = (Activation.Kind != ActivationKind.None, Residual is not null);
        if (summed && Last.Kind != ActivationKind.None) return null;
        if ((summed || !activated) && ActivationPattern.Behind(Output) is { } pattern) return pattern;
        if (Output.OnlyUser is not { } user) return null;
        if (summed) return null;
        if (this is MatrixLayer && user.Input(0) == Output && Reshaping.Behind(user, Weight.Rows) is { } shape) return new([user], user.Output) { Shape = shape };
        if (this is ConvolutionLayer && !activated && user.Input(0) == Output && Normalization.Of(user, Weight.Rows) is { } normalization) return normalization;
        if (user.Operator is "com.microsoft.BiasGelu" or "com.microsoft.FastGelu" && !activated && user.Input(0) == Output && user.Input(1) is { IsConstant: true } bias)
            return Values(bias, 1, 0) is { } values ? new([user], user.Output) { Bias = values, Activation = new(user.Operator.EndsWith("FastGelu", StringComparison.Ordinal) ? ActivationKind.FastGelu : ActivationKind.Gelu) } : null;
        if (user.Operator != "Add" || user.Beside(Output) is not { IsFloat: true } beside) return null;
        if (beside.IsConstant) return !activated && Values(beside, Output.Shape?.Length ?? AxesBehind + 1, AxesBehind) is { } constants ? new([user], user.Output) { Bias = constants } : null;
        return MayBeAlike(Output.Shape, beside.Shape) ? new([user], user.Output) { Residual = beside } : null;
    }

    /// <summary>Whether two shapes are the same where both are known; what is not known is seen when it runs.</summary>
    protected static bool MayBeAlike(long[]? left, long[]? right) => left is not null && right is not null && left.Length == right.Length
        && left.Zip(right).All(pair => pair.First == pair.Second || (Math.Min(pair.First, pair.Second) < 0 && Math.Max(pair.First, pair.Second) != 1));

    protected static Layer? None(out string? objection, string? why = null)
    {
        objection = why;
        return null;
    }

    /// <returns>[outputs]; null where the constant, added to a value of a rank with so many axes behind that of the outputs, is no bias.</returns>
    private unsafe float[]? Values(GraphValue value, int rank, int behind)
    {
        var constant = value.Constant;
        if (constant.Type != Ort.Float || constant.Rank > rank || constant.Elements is var elements && elements != 1 && elements != Weight.Rows) return null;
        var axis = constant.Rank - 1 - behind;
        if (elements != 1 && (axis < 0 || constant.Shape[axis] != elements)) return null;
        var values = new float[Weight.Rows];
        if (elements == 1) values.AsSpan().Fill(*constant.Data);
        else new ReadOnlySpan<float>(constant.Data, values.Length).CopyTo(values);
        return values;
    }

    private void Multiply(float[] values)
    {
        for (var i = 0; i < values.Length && Bias is not null; i++) Bias[i] *= values[i];
        Scale = Scale is null ? values : [.. Scale.Zip(values, (one, other) => one * other)];
    }

    private void AddBias(float[] values)
    {
        if (Bias is null) Bias = values;
        else
            for (var i = 0; i < values.Length; i++) Bias[i] += values[i];
    }
}
