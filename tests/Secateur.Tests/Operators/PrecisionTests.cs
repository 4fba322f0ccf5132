using CsCheck;
using Secateur.Execution;
using Secateur.Operators;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Floating-point types other than float32.</summary>
public sealed class PrecisionTests
{
    // what names its result's type; LibTorch has no determinant of halves
    private static readonly string[] Typed =
    [
        "BlackmanWindow", "Cast", "CastLike", "Constant", "ConstantOfShape", "Det", "EyeLike", "HammingWindow", "HannWindow", "MelWeightMatrix", "TfIdfVectorizer",
        "com.microsoft.Inverse", .. OperatorCase.All.Where(one => one.IsRandom).Select(one => one.Type),
    ];

    public static TheoryData<string> Types => [.. Operator.All.Keys.Except(Typed).Order(StringComparer.Ordinal)];

    /// <summary>float64 gives what float32 gives; float16 and bfloat16 give as many elements of their own type.</summary>
    [Theory, MemberData(nameof(Types))]
    public void Results_have_the_inputs_type(string type)
    {
        foreach (var one in OperatorCase.All.Where(one => one.Type == type))
            foreach (var precision in (ScalarType[])[ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16])
                Gen.Int.Sample(seed => Check(one, seed, precision), iter: 2, threads: 1);
    }

    private static void Check(OperatorCase one, int seed, ScalarType precision)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (model, operands) = one.Build(seed, constants: false);
        var node = model.Graph.Nodes[0];
        var (plain, other) = (Run(operand => operand), Run(operand => operand.dtype == ScalarType.Float32 ? operand.to(precision) : operand));
        foreach (var (expected, actual) in plain.Zip(other))
        {
            Assert.Equal(expected.dtype == ScalarType.Float32 ? precision : expected.dtype, actual.dtype);
            if (precision != ScalarType.Float64) continue;
            Assert.Equal(expected.shape, actual.shape);
            Assert.True(allclose(expected.to(ScalarType.Float64), actual.to(ScalarType.Float64), 1e-4, 1e-4, equal_nan: true), $"{expected.cstr()}, {actual.cstr()} of {node.Proto}");
        }

        Tensor[] Run(Func<Tensor, Tensor> change)
        {
            var byName = operands.ToDictionary(operand => operand.Name, operand => change(operand.ToTorch()));
            return Operator.For(node, "").Run(node, [.. node.Inputs.Select(name => byName.GetValueOrDefault(name))], default);
        }
    }
}
