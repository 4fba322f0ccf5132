using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Secateur.Sparse.Layers;

/// <summary>Activations over stretches of memory.</summary>
internal static unsafe class Activations
{
    private const float SqrtHalf = 0.70710678f;
    private const float SqrtTwoOverPi = 0.79788456f;

    private interface IFunction
    {
        static abstract Vector256<float> Of(Vector256<float> x, float alpha, float beta);
    }

    /// <summary>values[i] = activation(values[i])</summary>
    public static void Apply(Activation activation, float* values, long count)
    {
        if (activation.Kind != ActivationKind.None) AddAndApply(activation, values, null, 1, count, 0);
    }

    /// <summary>values[i] = activation(values[i] + added[i])</summary>
    public static void AddAndApply(Activation activation, float* values, float* added, long count) => AddAndApply(activation, values, added, 1, count, 0);

    /// <summary>values[row · stride + i] = activation(values[row · stride + i] + added[row · stride + i])</summary>
    /// <param name="activation">Which.</param>
    /// <param name="values">The first row.</param>
    /// <param name="added">Likewise; nothing where null.</param>
    /// <param name="rows">Of both.</param>
    /// <param name="count">Of a row.</param>
    /// <param name="stride">From one row to the next.</param>
    public static void AddAndApply(Activation activation, float* values, float* added, long rows, long count, long stride)
    {
        switch (activation.Kind)
        {
            case ActivationKind.None: Run<Nothing>(activation, values, added, rows, count, stride); break;
            case ActivationKind.Relu: Run<Relu>(activation, values, added, rows, count, stride); break;
            case ActivationKind.LeakyRelu: Run<LeakyRelu>(activation, values, added, rows, count, stride); break;
            case ActivationKind.Clip: Run<Clip>(activation, values, added, rows, count, stride); break;
            case ActivationKind.Elu: Run<Elu>(activation, values, added, rows, count, stride); break;
            case ActivationKind.Sigmoid: Run<Sigmoid>(activation, values, added, rows, count, stride); break;
            case ActivationKind.HardSigmoid: Run<HardSigmoid>(activation, values, added, rows, count, stride); break;
            case ActivationKind.HardSwish: Run<HardSwish>(activation, values, added, rows, count, stride); break;
            case ActivationKind.Silu: Run<Silu>(activation, values, added, rows, count, stride); break;
            case ActivationKind.Tanh: Run<Tanh>(activation, values, added, rows, count, stride); break;
            case ActivationKind.Gelu: Run<Gelu>(activation, values, added, rows, count, stride); break;
            case ActivationKind.FastGelu: Run<FastGelu>(activation, values, added, rows, count, stride); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation), activation, "No such activation.");
        }
    }

    /// <summary>values[i] = values[i] + added</summary>
    public static void AddToAll(float* values, float added, long count)
    {
        var i = 0L;
        for (; i + 8 <= count; i += 8) (Vector256.Load(values + i) + Vector256.Create(added)).Store(values + i);
        for (; i < count; i++) values[i] += added;
    }

    private static void Run<F>(Activation activation, float* values, float* added, long rows, long count, long stride) where F : IFunction
    {
        for (; rows > 0; rows--, values += stride)
        {
            var i = 0L;
            if (added == null)
            {
                for (; i + 8 <= count; i += 8) F.Of(Vector256.Load(values + i), activation.Alpha, activation.Beta).Store(values + i);
                for (; i < count; i++) values[i] = F.Of(Vector256.CreateScalar(values[i]), activation.Alpha, activation.Beta).ToScalar();
                continue;
            }
            for (; i + 8 <= count; i += 8) F.Of(Vector256.Load(values + i) + Vector256.Load(added + i), activation.Alpha, activation.Beta).Store(values + i);
            for (; i < count; i++) values[i] = F.Of(Vector256.CreateScalar(values[i] + added[i]), activation.Alpha, activation.Beta).ToScalar();
            added += stride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Logistic(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-x));

    /// <summary>By the exponential of twice |x|, and near 0, where that cancels, by a series of odd powers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> HyperbolicTangent(Vector256<float> x)
    {
        var size = Vector256.Abs(x);
        var far = Vector256<float>.One - Vector256.Create(2f) / (Vector256.Exp(size + size) + Vector256<float>.One);
        var square = x * x;
        var series = Vector256.MultiplyAddEstimate(square, Vector256.Create(-17f / 315), Vector256.Create(2f / 15));
        series = Vector256.MultiplyAddEstimate(series, square, Vector256.Create(-1f / 3));
        var near = Vector256.MultiplyAddEstimate(series * square, x, x);
        return Vector256.ConditionalSelect(Vector256.LessThan(size, Vector256.Create(0.15f)), near, Vector256.CopySign(far, x));
    }

    /// <summary>Two minimax polynomials, within an ulp or two; the coefficients are N. Juffa's (single-precision erff, 2016).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ErrorFunction(Vector256<float> x)
    {
        var size = Vector256.Abs(x);
        var square = size * size;
        var far = Polynomial(Vector256.MultiplyAddEstimate(Vector256.Create(-1.72853470e-5f), size, Vector256.Create(3.83197126e-4f)), square,
            Vector256.MultiplyAddEstimate(Vector256.Create(-3.88396438e-3f), size, Vector256.Create(2.42546219e-2f)));
        far = Polynomial(far, size, Vector256.Create(-1.06777877e-1f));
        far = Polynomial(far, size, Vector256.Create(-6.34846687e-1f));
        far = Polynomial(far, size, Vector256.Create(-1.28717512e-1f));
        far = Vector256.CopySign(Vector256<float>.One - Vector256.Exp(Polynomial(far, size, -size)), x);
        var near = Polynomial(Vector256.Create(-5.96761703e-4f), square, Vector256.Create(4.99119423e-3f));
        near = Polynomial(near, square, Vector256.Create(-2.67681349e-2f));
        near = Polynomial(near, square, Vector256.Create(1.12819925e-1f));
        near = Polynomial(near, square, Vector256.Create(-3.76125336e-1f));
        near = Polynomial(near, square, Vector256.Create(1.28379166e-1f));
        return Vector256.ConditionalSelect(Vector256.GreaterThan(size, Vector256.Create(0.921875f)), far, Polynomial(near, x, x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Polynomial(Vector256<float> so, Vector256<float> x, Vector256<float> next) => Vector256.MultiplyAddEstimate(so, x, next);

    private readonly struct Nothing : IFunction { public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) => x; }

    private readonly struct Relu : IFunction { public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) => Vector256.MaxNative(Vector256<float>.Zero, x); }

    private readonly struct LeakyRelu : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) => Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<float>.Zero), x * alpha, x);
    }

    private readonly struct Clip : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) => Vector256.MinNative(Vector256.Create(beta), Vector256.MaxNative(Vector256.Create(alpha), x));
    }

    private readonly struct Elu : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) =>
            Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<float>.Zero), (Vector256.Exp(x) - Vector256<float>.One) * alpha, x);
    }

    private readonly struct Sigmoid : IFunction { public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) => Logistic(x); }

    private readonly struct HardSigmoid : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) =>
            Vector256.MinNative(Vector256<float>.One, Vector256.MaxNative(Vector256<float>.Zero, Vector256.MultiplyAddEstimate(x, Vector256.Create(alpha), Vector256.Create(beta))));
    }

    private readonly struct HardSwish : IFunction { public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) => x * HardSigmoid.Of(x, 1f / 6, 0.5f); }

    private readonly struct Silu : IFunction { public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) => x * Logistic(x * alpha); }

    private readonly struct Tanh : IFunction { public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) => HyperbolicTangent(x); }

    private readonly struct Gelu : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) => x * 0.5f * (Vector256<float>.One + ErrorFunction(x * SqrtHalf));
    }

    private readonly struct FastGelu : IFunction
    {
        public static Vector256<float> Of(Vector256<float> x, float alpha, float beta) =>
            x * 0.5f * (Vector256<float>.One + HyperbolicTangent(SqrtTwoOverPi * Vector256.MultiplyAddEstimate(x * x * x, Vector256.Create(0.044715f), x)));
    }
}
