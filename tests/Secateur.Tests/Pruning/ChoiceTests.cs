using System.Collections.Immutable;
using Secateur.Onnx;
using Secateur.Tests.Evaluation;

namespace Secateur.Tests.Pruning;

/// <summary>Which tensors are pruned and why, seen in a plan.</summary>
[Collection(nameof(Alone))]
public sealed class ChoiceTests(DensePictures pictures) : IClassFixture<DensePictures>
{
    [Fact]
    public void A_plan_without_data_says_of_every_tensor_what_and_why()
    {
        var plan = Plan(new() { Sparsity = 0.9 });
        Assert.Equal(OnnxModel.Load(pictures.Model).Graph.Constants.Keys.Order(), plan.Layers.Select(layer => layer.Name).Order());
        Assert.All(plan.Layers, layer => Assert.True(layer.Verdict is "pruned" or "kept" && layer.Why.Length > 0, layer.Name));
        Assert.All(plan.Layers.Where(layer => layer.Name.EndsWith("bias", StringComparison.Ordinal)), layer => Assert.StartsWith("biases are never pruned", layer.Why));
        Assert.Equal(0.9, plan.Sparsity!.Value, 3);
        Assert.True(plan.Seconds > 0 && plan.MemoryMb > 0 && plan.Macs < plan.MacsBefore);
    }

    [Fact]
    public void A_plan_foretells_the_layers_of_the_run()
    {
        var recipe = new Recipe { Sparsity = 0.9, Training = new() { Epochs = 0 } };
        var (plan, result) = (Plan(recipe), pictures.Prune(recipe, pictures.Output()));
        Assert.Equal(plan.Layers.Select(layer => (layer.Name, layer.Verdict, layer.Why)), result.Layers.Select(layer => (layer.Name, layer.Verdict, layer.Why)));
        foreach (var (planned, pruned) in plan.Layers.Zip(result.Layers).Where(pair => pair.First.Verdict == "pruned"))
            Assert.Equal(planned.Sparsity, pruned.Sparsity, 9);
    }

    [Fact]
    public void What_is_kept_is_left_bit_for_bit()
    {
        var output = pictures.Output();
        var result = pictures.Prune(new() { Sparsity = 0.4, Keep = ["fc1*"], Training = new() { Epochs = 0 } }, output);
        Assert.Equal(OnnxModel.Load(pictures.Model).Graph.Constants["fc1.weight"].ToArray<float>(), OnnxModel.Load(output).Graph.Constants["fc1.weight"].ToArray<float>());
        Assert.Equal(("kept", "left alone by keep: fc1*"), result.Layers.Where(layer => layer.Name == "fc1.weight").Select(layer => (layer.Verdict, layer.Why)).Single());
        Assert.Equal(0.4, result.Sparsity, 3);
    }

    [Fact]
    public void A_layers_own_sparsity_is_outside_the_allocation()
    {
        var result = pictures.Prune(new() { Sparsity = 0.8, Layers = Of(("fc3.weight", 0.5)), Training = new() { Epochs = 1 } }, pictures.Output());
        var layer = result.Layers.Single(layer => layer.Name == "fc3.weight");
        Assert.Equal((0.5, "sparsity 0.5 set by layers: fc3.weight"), (layer.Sparsity, layer.Why));
        Assert.Equal(0.8, result.Sparsity, 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pattern_that_matches_nothing_is_refused_with_what_there_is(bool keep)
    {
        var output = pictures.Output();
        var recipe = keep ? new Recipe { Sparsity = 0.5, Keep = ["conv9*"] } : new Recipe { Sparsity = 0.5, Layers = Of(("conv9*", 0.5)) };
        foreach (var act in (Action[])[() => pictures.Prune(recipe, output), () => Plan(recipe)])
            Assert.Equal($"layer pattern 'conv9*': matches no weight of {pictures.Model}; its weights are fc1.weight, fc2.weight, fc3.weight", Assert.Throws<SecateurException>(act).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(output)!));
    }

    [Fact]
    public void At_the_ends_the_last_layer_keeps_a_fifth_and_a_small_first_convolution_all()
    {
        var (literature, all) = (Plan(new() { Sparsity = 0.97 }, pictures.Convolutional).Layers, Plan(new() { Sparsity = 0.97, Ends = Ends.All }, pictures.Convolutional).Layers);
        Assert.Equal(("kept", 0.0), Of(literature, "conv1.weight"));
        Assert.Contains("Gale et al. 2019", literature.Single(layer => layer.Name == "conv1.weight").Why);
        Assert.InRange(Of(literature, "fc3.weight").Sparsity, 0, 0.8);
        Assert.Equal("pruned", Of(all, "conv1.weight").Verdict);
        var uniform = Plan(new() { Sparsity = 0.97, Ends = Ends.All, Allocation = "uniform" }, pictures.Convolutional).Layers;
        Assert.All(uniform.Where(layer => layer.Verdict == "pruned"), layer => Assert.Equal(0.97, layer.Sparsity, 2));
    }

    [Fact]
    public void A_first_matrix_is_no_first_convolution() => Assert.Equal("pruned", Of(Plan(new() { Sparsity = 0.9 }).Layers, "fc1.weight").Verdict);

    private PrunePlan Plan(Recipe recipe, string? model = null)
    {
        Threads.Use(1);
        return Pruner.For(model ?? pictures.Model).With(recipe).Plan();
    }

    private static (string Verdict, double Sparsity) Of(ImmutableArray<PlannedLayer> layers, string name) =>
        layers.Where(layer => layer.Name == name).Select(layer => (layer.Verdict, layer.Sparsity)).Single();

    private static ImmutableSortedDictionary<string, double> Of(params (string Layer, double Sparsity)[] layers) =>
        layers.ToImmutableSortedDictionary(pair => pair.Layer, pair => pair.Sparsity);
}
