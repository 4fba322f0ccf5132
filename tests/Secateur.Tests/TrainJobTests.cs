using Secateur.Onnx;
using Secateur.Tests.Evaluation;
using Secateur.Tests.Pruning;

namespace Secateur.Tests;

[Collection(nameof(Alone))]
public sealed class TrainJobTests(DensePictures pictures) : IClassFixture<DensePictures>
{
    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    public void Interrupted_equals_uninterrupted(string optimizer) =>
        Interruption.ChangesNothing(pictures.Output, (output, progress, cancel) => pictures.Train("lenet-300-100", output, new() { Epochs = 6, Batch = 16, Optimizer = optimizer }, progress: progress, cancel: cancel));

    [Fact]
    public void Checkpointing_learns_the_same()
    {
        var models = new[] { false, true }.Select(checkpointing =>
        {
            var output = pictures.Output();
            pictures.Train("lenet-300-100", output, new() { Epochs = 2, Batch = 16, Checkpointing = checkpointing });
            return OnnxModel.Load(output).Graph.Constants;
        }).ToArray();
        foreach (var (name, constant) in models[0])
            Assert.All(constant.ToArray<float>().Zip(models[1][name].ToArray<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Zeros_of_a_mask_are_held()
    {
        var (pruned, output) = (pictures.Output(), pictures.Output());
        pictures.Prune(new() { Sparsity = 0.9, Training = new() { Epochs = 0 } }, pruned);
        pictures.Train(pictures.Model, output, new() { Epochs = 2, Batch = 32 }, mask: pruned);
        var (held, trained) = (OnnxModel.Load(pruned).Graph, OnnxModel.Load(output).Graph);
        foreach (var name in (string[])["fc1.weight", "fc2.weight", "fc3.weight"])
        {
            var (mask, values) = (held.Constants[name].ToArray<float>(), trained.Constants[name].ToArray<float>());
            Assert.All(mask.Zip(values), pair => Assert.True(pair.First != 0 || BitConverter.SingleToInt32Bits(pair.Second) << 1 == 0));
        }
    }

    [Fact]
    public void A_training_that_diverges_is_refused_and_leaves_nothing()
    {
        var output = pictures.Output();
        var recipe = new TrainingRecipe { Epochs = 30, Batch = 16, Optimizer = "sgd", LearningRate = 90, Warmup = 0.9 };
        var error = Assert.Throws<SecateurException>(() => pictures.Train("lenet-300-100", output, recipe));
        Assert.Contains("training diverged", error.Message);
        Assert.Contains("--lr", error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(output)!));
    }

    [Fact]
    public void Without_labels_there_is_nothing_to_learn()
    {
        var output = pictures.Output();
        var error = Assert.Throws<SecateurException>(() => pictures.Train(pictures.Model, output, new(), pictures.Unlabelled));
        Assert.Contains("has no labels to learn from", error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(output)!));
    }
}
