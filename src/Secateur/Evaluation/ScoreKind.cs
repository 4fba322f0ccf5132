using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>What a classifier's scores are.</summary>
internal enum ScoreKind
{
    Logits,
    LogProbabilities,
    Probabilities,
}

/// <summary>Reads scores as log-probabilities.</summary>
internal static class Scores
{
    // values are moved, none is changed
    private static readonly string[] Moving = ["Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout"];

    /// <summary>By the node that makes the graph's first output.</summary>
    public static ScoreKind Kind(Graph graph)
    {
        var makers = graph.Nodes.SelectMany(node => node.Outputs.Where(name => name.Length > 0).Select(name => (name, node)))
            .ToDictionary(pair => pair.name, pair => pair.node);
        var maker = makers.GetValueOrDefault(graph.Outputs[0].Name);
        while (maker is not null && Moving.Contains(maker.OpType)) maker = makers.GetValueOrDefault(maker.Inputs[0]);
        return maker?.OpType switch
        {
            "LogSoftmax" => ScoreKind.LogProbabilities,
            "Softmax" => ScoreKind.Probabilities,
            _ => ScoreKind.Logits,
        };
    }

    /// <param name="scores">[rows, classes]</param>
    /// <param name="kind">What they are.</param>
    /// <returns>[rows, classes], each at least −100, so that a sure mistake has a finite loss.</returns>
    public static Tensor LogProbabilities(Tensor scores, ScoreKind kind) => (kind switch
    {
        ScoreKind.Logits => scores.log_softmax(-1),
        ScoreKind.LogProbabilities => scores,
        ScoreKind.Probabilities => scores.log(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    }).clamp_min(-100);
}
