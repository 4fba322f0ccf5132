using Secateur.Architectures;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Structure.Budget;

namespace Secateur.Tests.Structure.Budget;

public sealed class CostsTests
{
    private static OnnxModel Build(string name, double width) => Architecture.Named(name).Build(new() { InputShape = [3, 16, 16], Classes = 10, Width = width }, 1);

    [Theory]
    [InlineData("conv-2")]
    [InlineData("resnet-8")]
    [InlineData("mobilenet-v2-small")]
    public void Costs_of_half_the_units_are_those_of_the_architecture_at_half_its_width(string name)
    {
        var (dense, half) = (Build(name, 1), Build(name, 0.5));
        using var network = new Network(dense);
        var shapes = Shapes.Of(network);
        using var map = StructureMap.Of(network);
        var shrinkage = Shrinkage.Of(map, shapes);
        int[] kept = [.. shrinkage.Units.Select(units => units / 2)];
        var expected = Inspection.Of(half);
        Assert.Equal(expected.Macs, Costs.Macs(dense, shapes, shrinkage).At(kept));
        Assert.Equal(expected.Parameters, Costs.Parameters(dense, shapes, shrinkage).At(kept));
        Assert.Equal(half.Bytes, Costs.Bytes(dense, shapes, shrinkage).At(kept), 0.02 * half.Bytes);
        Assert.Equal(Inspection.Of(dense).Macs, Costs.Macs(dense, shapes, shrinkage).At([.. shrinkage.Units]));
        Assert.Equal(dense.Bytes, Costs.Bytes(dense, shapes, shrinkage).At([.. shrinkage.Units]));
    }

    [Fact]
    public void A_term_depends_on_its_groups_alone()
    {
        var dense = Build("resnet-8", 1);
        using var network = new Network(dense);
        var shapes = Shapes.Of(network);
        using var map = StructureMap.Of(network);
        var shrinkage = Shrinkage.Of(map, shapes);
        var random = new Random(1);
        foreach (var cost in (CostFunction[])[Costs.Macs(dense, shapes, shrinkage), Costs.Parameters(dense, shapes, shrinkage), Costs.Bytes(dense, shapes, shrinkage)])
            foreach (var term in cost.Terms)
            {
                int[] kept = [.. shrinkage.Units.Select(units => random.Next(1, units + 1))];
                var value = term.At(kept);
                for (var group = 0; group < kept.Length; group++)
                    if (!term.Groups.Contains(group)) kept[group] = random.Next(1, shrinkage.Units[group] + 1);
                Assert.Equal(value, term.At(kept));
            }
    }
}
