using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Tests.Layers;

public sealed class ActivationsTests
{
    [Fact]
    public unsafe void Each_equals_its_definition()
    {
        var values = Enumerable.Range(-1200, 2401).Select(i => i / 100f).Concat([0f, -0f, 1e-6f, -1e-6f, 0.1499f, 0.1501f, 88f, -88f, 200f, -200f, 1e-40f]).ToArray();
        foreach (var kind in Enum.GetValues<ActivationKind>())
        {
            var activation = kind switch
            {
                ActivationKind.Clip => new Activation(kind, -0.5f, 6),
                ActivationKind.HardSigmoid => new(kind, 0.2f, 0.5f),
                ActivationKind.Silu => new(kind, 1.702f),
                _ => new(kind, 0.1f),
            };
            var results = values.ToArray();
            fixed (float* pointer = results) Activations.Apply(activation, pointer, results.Length);
            for (var i = 0; i < values.Length; i++)
            {
                var right = Reference.Apply(activation, values[i]);
                if (!(Math.Abs(right - results[i]) <= 1e-6 * Math.Max(0.1, Math.Abs(right)))) Assert.Fail($"{kind}({values[i]:R}) is {results[i]:R}, not {right:R}");
            }
        }
    }

    [Fact]
    public unsafe void What_is_no_number_stays_so()
    {
        foreach (var kind in Enum.GetValues<ActivationKind>())
        {
            var results = Enumerable.Repeat(float.NaN, 11).ToArray();
            fixed (float* pointer = results) Activations.Apply(new(kind, 0.1f, 6), pointer, results.Length);
            Assert.All(results, value => Assert.True(float.IsNaN(value), $"{kind}"));
        }
    }
}
