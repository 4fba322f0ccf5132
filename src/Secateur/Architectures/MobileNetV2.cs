using System.Collections.Immutable;

namespace Secateur.Architectures;

/// <summary>MobileNetV2 for small pictures: inverted residuals with ReLU6, a first convolution of stride 1, three halvings.</summary>
/// <remarks>Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018 (arXiv:1801.04381), whose table 2 is for
/// 224×224: here with fewer stages and repeats.</remarks>
internal sealed class MobileNetV2 : Architecture
{
    private static readonly ImmutableArray<Stage> Stages = [new(1, 16, 1, 1), new(6, 24, 2, 2), new(6, 32, 2, 2), new(6, 64, 2, 2)];

    public override string Name => "mobilenet-v2-small";

    public override string Summary => $"pictures: inverted residuals with depthwise convolutions, for 28 to 64 pixels; {Millions(3, 32, 32)}";

    public override TrainingRecipe Defaults { get; } = new()
    {
        Epochs = 15,
        Optimizer = "sgd",
        LearningRate = 0.1,
        WeightDecay = 1e-4,
        Shift = 2,
        Flip = true,
    };

    private protected override string Layers(GraphBuilder graph, ArchitectureOptions options)
    {
        var x = Picture(graph, options, smallest: 8);
        x = ConvBatchNorm(graph, "conv1", "bn1", x, options.Channels(16), kernel: 3, pad: 1);
        x = graph.Relu6(x);
        foreach (var (number, stage) in Stages.Index())
            for (var block = 0; block < stage.Blocks; block++)
            {
                var (channels, stride) = (options.Channels(stage.Channels), block == 0 ? stage.Stride : 1);
                x = InvertedResidual(graph, $"stage{number + 1}.{block}", x, stage.Expansion, channels, stride);
            }
        x = graph.Relu6(ConvBatchNorm(graph, "conv2", "bn2", x, options.Channels(256), kernel: 1));
        return graph.Gemm("fc", graph.Flatten(graph.GlobalAveragePool(x)), options.Classes, relu: false);
    }

    /// <summary>Expand (1×1), depthwise (3×3), project (1×1, no ReLU6); added to its input where the shapes are the same.</summary>
    private static string InvertedResidual(GraphBuilder graph, string name, string x, long expansion, long channels, long stride)
    {
        var (y, hidden) = (x, expansion * graph.Shape(x)[0]);
        if (expansion > 1) y = graph.Relu6(ConvBatchNorm(graph, $"{name}.conv1", $"{name}.bn1", y, hidden, kernel: 1));
        y = graph.Relu6(ConvBatchNorm(graph, $"{name}.conv2", $"{name}.bn2", y, hidden, kernel: 3, stride, pad: 1, group: hidden));
        y = ConvBatchNorm(graph, $"{name}.conv3", $"{name}.bn3", y, channels, kernel: 1);
        return stride == 1 && graph.Shape(x)[0] == channels ? graph.Add(y, x) : y;
    }

    private static string ConvBatchNorm(
        GraphBuilder graph, string conv, string norm, string x, long channels, long kernel, long stride = 1, long pad = 0, long group = 1) =>
        graph.BatchNorm(norm, graph.Conv(conv, x, channels, kernel, stride, pad, group, bias: false));

    /// <summary>A row of the paper's table 2.</summary>
    private readonly record struct Stage(long Expansion, long Channels, int Blocks, long Stride);
}
