using CsCheck;
using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Tasks;

public sealed class DistillationTests
{
    private static readonly OutputKind[] Kinds = [OutputKind.Classes, OutputKind.Switches, OutputKind.Values];

    [Fact]
    public void A_bounded_distance_is_at_most_the_bound_and_the_distance_and_keeps_their_order() => Gen.Select(Gen.Double[1e-6, 10], Gen.Int).Sample((bound, seed) =>
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)(uint)seed);
        var distances = (rand([50], ScalarType.Float64, generator: generator) * 30 - 25).exp().sort().Values;
        var within = Distillation.Within(distances, bound);
        Assert.True(within.ge(0).logical_and(within.le(distances * (1 + 1e-12))).logical_and(within.le(bound)).all().item<bool>());
        Assert.True(within.diff().ge(0).all().item<bool>());
        var near = distances.lt(1e-4 * bound);
        Assert.True(within.masked_select(near).allclose(distances.masked_select(near), 1e-4, 0));
    }, iter: 50);

    /// <summary>Far bounds change nothing; near ones bound each position by itself, and an answer that is the teacher's is at no distance.</summary>
    [Fact]
    public void Bounds_hold_at_each_position_of_every_kind_of_output()
    {
        using var scope = NewDisposeScope();
        foreach (var kind in Kinds)
        {
            using var generator = new Generator(3);
            var (own, taught) = (5 * randn([6, 4, 3], generator: generator), 5 * randn([6, 4, 3], generator: generator));
            if (kind != OutputKind.Classes) (own, taught) = (own.flatten(1), taught.flatten(1));
            Tensor Loss(Tensor student, params double[]? bounds) => Distillation.Loss(Learning.Read(kind, student), Learning.Read(kind, taught), 1, bounds);
            Assert.True(Loss(own, 1e6).allclose(Loss(own, null), 1e-4, 0), $"{kind}");
            Assert.Equal(1e-3, Loss(own, 1e-3).item<float>(), kind == OutputKind.Switches ? 5e-4 : 1e-6);
            Assert.Equal(0, Loss(taught, 1e-3).item<float>(), 1e-6);
        }
    }
}
