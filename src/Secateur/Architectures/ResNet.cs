namespace Secateur.Architectures;

/// <summary>The residual networks for small pictures: three stages of 16, 32 and 64 channels, 6·blocks + 2 layers.</summary>
/// <remarks>He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, sec. 4.2 (arXiv:1512.03385); where a stage begins, the
/// shortcut is a 1×1 convolution with batch normalization (option B).</remarks>
/// <param name="blocks">Of each stage.</param>
internal sealed class ResNet(int blocks) : Architecture
{
    public override string Name { get; } = $"resnet-{6 * blocks + 2}";

    public override string Summary => $"pictures: residual, {6 * blocks + 2} layers of 16, 32 and 64 channels (CIFAR's); {Millions(3, 32, 32)}";

    public override TrainingRecipe Defaults { get; } = new()
    {
        Epochs = blocks == 1 ? 6 : 15,
        Optimizer = "sgd",
        LearningRate = 0.1,
        WeightDecay = 5e-4,
        Shift = 2,
        Flip = true,
    };

    private protected override string Layers(GraphBuilder graph, ArchitectureOptions options)
    {
        var x = Picture(graph, options, smallest: 8);
        x = graph.Conv("conv1", x, options.Channels(16), kernel: 3, pad: 1, bias: false);
        x = graph.Relu(graph.BatchNorm("bn1", x));
        for (var stage = 0; stage < 3; stage++)
            for (var block = 0; block < blocks; block++)
                x = Block(graph, $"layer{stage + 1}.{block}", x, options.Channels(16 << stage), stride: stage > 0 && block == 0 ? 2 : 1);
        return graph.Gemm("fc", graph.Flatten(graph.GlobalAveragePool(x)), options.Classes, relu: false);
    }

    private static string Block(GraphBuilder graph, string name, string x, long channels, long stride)
    {
        var y = graph.Conv($"{name}.conv1", x, channels, kernel: 3, stride, pad: 1, bias: false);
        y = graph.Relu(graph.BatchNorm($"{name}.bn1", y));
        y = graph.Conv($"{name}.conv2", y, channels, kernel: 3, pad: 1, bias: false);
        y = graph.BatchNorm($"{name}.bn2", y);
        var shortcut = x;
        if (stride != 1 || graph.Shape(x)[0] != channels)
        {
            shortcut = graph.Conv($"{name}.shortcut.conv", x, channels, kernel: 1, stride, bias: false);
            shortcut = graph.BatchNorm($"{name}.shortcut.bn", shortcut);
        }
        return graph.Relu(graph.Add(y, shortcut));
    }
}
