namespace Secateur.Architectures;

/// <summary>Conv-2, Conv-4 and Conv-6: pairs of 3×3 convolutions of 64, 128, 256 channels with max pooling, then 256, 256 neurons.</summary>
/// <remarks>
/// Frankle and Carbin, "The Lottery Ticket Hypothesis", ICLR 2019, fig. 2 (arXiv:1803.03635): VGG scaled down for CIFAR-10. For 10 classes
/// of 3×32×32: 4,301,642, 2,425,930 and 2,262,602 parameters; the paper's table gives 1.7 M for the last.
/// </remarks>
/// <param name="convolutions">2, 4 or 6.</param>
internal sealed class ConvNet(int convolutions) : Architecture
{
    public override string Name { get; } = $"conv-{convolutions}";

    public override string Summary =>
        $"pictures: {convolutions} 3x3 convolutions in pairs, 256 and 256 neurons (lottery tickets); {Millions(3, 32, 32)}";

    public override TrainingRecipe Defaults { get; } = new() { Epochs = 12, Optimizer = "adam", LearningRate = 6e-4, Flip = true };

    private protected override string Layers(GraphBuilder graph, ArchitectureOptions options)
    {
        var x = Picture(graph, options, smallest: 1 << (convolutions / 2));
        for (var conv = 0; conv < convolutions; conv++)
        {
            x = graph.Relu(graph.Conv($"conv{conv + 1}", x, options.Channels(64 << (conv / 2)), kernel: 3, pad: 1));
            if (conv % 2 == 1) x = graph.MaxPool(x, kernel: 2);
        }
        x = graph.Relu(graph.Gemm("fc1", graph.Flatten(x), options.Scale(256), relu: true));
        x = graph.Relu(graph.Gemm("fc2", x, options.Scale(256), relu: true));
        return graph.Gemm("fc3", x, options.Classes, relu: false);
    }
}
