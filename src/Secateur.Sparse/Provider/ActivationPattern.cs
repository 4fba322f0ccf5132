using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>Activations in a graph: operators of their own, and what exporters write for those that have none.</summary>
internal static class ActivationPattern
{
    private const float Tolerance = 1e-4f; // of a constant, relative; exporters round

    /// <summary>The activation of a value that is used for nothing else.</summary>
    public static Following? Behind(GraphValue x)
    {
        if (x.IsOutput) return null;
        if (x.OnlyUser is { } user) return user.Input(0) == x && Single(user) is { Kind: not ActivationKind.None } activation ? Of(activation, user) : null;
        return x.Users.Count == 2 ? Gate(x, x.Users[0], x.Users[1]) ?? Gate(x, x.Users[1], x.Users[0]) ?? ByErf(x, x.Users[0], x.Users[1]) ?? ByErf(x, x.Users[1], x.Users[0]) : null;
    }

    /// <summary>By the name in a fused operator.</summary>
    /// <param name="name">Empty for none.</param>
    /// <param name="numbers">Its parameters, in ONNX Runtime's order.</param>
    /// <returns>Null where it is none of ours.</returns>
    public static Activation? Named(string name, float[] numbers) => (name, numbers) switch
    {
        ("", _) => Activation.None,
        ("Relu", _) => Activation.Relu,
        ("Tanh", _) => new(ActivationKind.Tanh),
        ("Sigmoid", _) => new(ActivationKind.Sigmoid),
        ("LeakyRelu", [var alpha, ..]) => new(ActivationKind.LeakyRelu, alpha),
        ("Clip", [var least, var most, ..]) => new(ActivationKind.Clip, least, most),
        ("HardSigmoid", [var alpha, var beta, ..]) => new(ActivationKind.HardSigmoid, alpha, beta),
        _ => null,
    };

    private static Activation Single(GraphNode node) => node.Operator switch
    {
        "Relu" => Activation.Relu,
        "LeakyRelu" => new(ActivationKind.LeakyRelu, node.Number("alpha", 0.01f)),
        "Elu" => new(ActivationKind.Elu, node.Number("alpha", 1)),
        "Sigmoid" => new(ActivationKind.Sigmoid),
        "HardSigmoid" => new(ActivationKind.HardSigmoid, node.Number("alpha", 0.2f), node.Number("beta", 0.5f)),
        "HardSwish" => new(ActivationKind.HardSwish),
        "Swish" => new(ActivationKind.Silu, node.Number("alpha", 1)),
        "com.microsoft.QuickGelu" => new(ActivationKind.Silu, node.Number("alpha", 1.702f)),
        "Tanh" => new(ActivationKind.Tanh),
        "Gelu" => new(node.Word("approximate") == "tanh" ? ActivationKind.FastGelu : ActivationKind.Gelu),
        "com.microsoft.Gelu" => new(ActivationKind.Gelu),
        "com.microsoft.FastGelu" when node.Input(1) is null => new(ActivationKind.FastGelu),
        "Clip" => Clip(node),
        _ => Activation.None,
    };

    private static Activation Clip(GraphNode node)
    {
        var (least, most) = (float.MinValue, float.MaxValue);
        if (node.Inputs.Length < 2) (least, most) = (node.Number("min", least), node.Number("max", most)); // until operator set 11
        if (node.Input(1) is { } lower)
        {
            if (Scalar(lower) is not { } value) return Activation.None;
            least = value;
        }
        if (node.Input(2) is { } upper)
        {
            if (Scalar(upper) is not { } value) return Activation.None;
            most = value;
        }
        return new(ActivationKind.Clip, least, most);
    }

    /// <summary>x·sigmoid(x), x·sigmoid(factor·x) and x·hardsigmoid(x).</summary>
    private static Following? Gate(GraphValue x, GraphNode first, GraphNode product)
    {
        var (factor, gate) = (1f, first);
        if (first.Operator == "Mul" && Scalar(first.Beside(x)) is { } scalar && first.Output.OnlyUser is { Operator: "Sigmoid" } behind) (factor, gate) = (scalar, behind);
        Activation? activation = gate.Operator switch
        {
            "Sigmoid" => new(ActivationKind.Silu, factor),
            "HardSigmoid" when Near(gate.Number("alpha", 0.2f), 1f / 6) && Near(gate.Number("beta", 0.5f), 0.5f) => new(ActivationKind.HardSwish),
            _ => null,
        };
        if (activation is not { } found || product.Operator != "Mul" || gate.Output.OnlyUser != product || product.Beside(gate.Output) != x) return null;
        return gate == first ? Of(found, first, product) : Of(found, first, gate, product);
    }

    /// <summary>x·(1 + erf(x/√2))/2, multiplied in any order.</summary>
    private static Following? ByErf(GraphValue x, GraphNode scale, GraphNode other)
    {
        var root = MathF.Sqrt(2);
        var scaled = scale.Operator switch
        {
            "Div" => scale.Input(0) == x && Near(Scalar(scale.Input(1)), root),
            "Mul" => Near(Scalar(scale.Beside(x)), 1 / root),
            _ => false,
        };
        if (!scaled || scale.Output.OnlyUser is not { Operator: "Erf" } erf || erf.Output.OnlyUser is not { Operator: "Add" } plus || !Near(Scalar(plus.Beside(erf.Output)), 1)) return null;
        if (plus.Output.OnlyUser is not { Operator: "Mul" } product || product.Beside(plus.Output) is not { } factor) return null;
        var gelu = new Activation(ActivationKind.Gelu);
        if (factor == x) return product == other && product.Output.OnlyUser is { Operator: "Mul" } half && Near(Scalar(half.Beside(product.Output)), 0.5f) ? Of(gelu, scale, erf, plus, product, half) : null;
        if (Near(Scalar(factor), 0.5f)) return product.Output.OnlyUser == other && other.Operator == "Mul" && other.Beside(product.Output) == x ? Of(gelu, scale, erf, plus, product, other) : null;
        return other.Operator == "Mul" && Near(Scalar(other.Beside(x)), 0.5f) && other.Output == factor && factor.OnlyUser == product ? Of(gelu, scale, erf, plus, other, product) : null;
    }

    private static Following Of(Activation activation, params GraphNode[] nodes) => new(nodes, nodes[^1].Output) { Activation = activation };

    private static unsafe float? Scalar(GraphValue? value) =>
        value is { IsConstant: true, IsFloat: true } && value.Constant is { Elements: 1 } constant ? *constant.Data : null;

    private static bool Near(float? value, float wanted) => value is { } number && MathF.Abs(number - wanted) <= Tolerance * MathF.Abs(wanted);
}
