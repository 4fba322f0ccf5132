using System.Collections.Immutable;
using Secateur.Onnx.Proto;

namespace Secateur.Architectures;

/// <summary>A convolutional text classifier: embeddings of 64, 64 filters over 3, 4 and 5 tokens each, the largest of each over time.</summary>
/// <remarks>Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014, sec. 2 (arXiv:1408.5882), there with 300 and 100.</remarks>
internal sealed class TextCnn : Architecture
{
    private const double EmbeddingDeviation = 0.1;

    private static readonly ImmutableArray<long> Windows = [3, 4, 5];

    public override string Name => "text-cnn";

    public override string Summary => "texts: embeddings of 64, convolutions over 3, 4 and 5 tokens; 0.05 M parameters and 64 a word";

    public override TrainingRecipe Defaults { get; } = new() { Epochs = 6, Batch = 64, Optimizer = "adamw", LearningRate = 1e-3, WeightDecay = 0.01 };

    private protected override string Layers(GraphBuilder graph, ArchitectureOptions options)
    {
        if (options.InputShape is not [var length])
            throw Error($"takes rows of token numbers, the data has shape {Write(options)}; take lenet-300-100 or resnet-8 for pictures");
        if (length < Windows.Max()) throw Error($"takes texts of at least {Windows.Max()} tokens, the data has {length}; pad them");
        if (options.Vocabulary < 1) throw Error("needs the size of the vocabulary; name the tokenizer (--tokenizer)");
        var ids = graph.Input("input_ids", TensorProto.Types.DataType.Int64, length);
        var x = graph.Embedding("embedding", ids, options.Vocabulary, options.Scale(64), EmbeddingDeviation);
        x = graph.Transpose(x, 0, 2, 1); // [64, length]
        var features = Windows.Select(window =>
            graph.Reduce("ReduceMax", graph.Relu(graph.Conv($"conv{window}", x, options.Channels(64), kernel: window)), axis: 2));
        return graph.Gemm("fc", graph.Concat([.. features]), options.Classes, relu: false);
    }
}
