namespace Secateur.Sparse.Layers;

/// <summary>What is done to each output of a layer, as ONNX defines it.</summary>
/// <param name="Kind">Which function.</param>
/// <param name="Alpha">Its first number: LeakyRelu's and Elu's alpha, Clip's least value, HardSigmoid's alpha, the factor of x in Silu's sigmoid.</param>
/// <param name="Beta">Its second: Clip's greatest value, HardSigmoid's beta.</param>
internal readonly record struct Activation(ActivationKind Kind, float Alpha = 0, float Beta = 0)
{
    public static Activation None { get; } = new(ActivationKind.None);
    public static Activation Relu { get; } = new(ActivationKind.Relu);
}

internal enum ActivationKind
{
    None,
    Relu,
    LeakyRelu,
    Clip,
    Elu,
    Sigmoid,
    HardSigmoid,
    HardSwish,
    Silu,
    Tanh,

    /// <summary>x/2·(1 + erf(x/√2))</summary>
    Gelu,

    /// <summary>Gelu by tanh.</summary>
    FastGelu,
}
