using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>One model of an evaluation, with what it has answered so far.</summary>
internal sealed class Contender : IDisposable
{
    private readonly OrtModel model;
    private readonly Binding binding;
    private readonly ScoreKind kind;
    private readonly List<int> classes = [];
    private readonly List<float> probabilities = [];
    private double loss;
    private long rows;

    public Contender(string path, Examples examples, int threads)
    {
        var graph = OnnxModel.Load(path).Graph;
        (binding, kind) = (Binding.Of(graph, examples), Scores.Kind(graph));
        model = new OrtModel(path, threads);
    }

    public string Path => model.Path;

    /// <summary>Answers of one example; 0 before the first batch.</summary>
    public int AnswersEach { get; private set; }

    public double Loss => rows == 0 ? 0 : loss / rows;

    public Predictions Predictions => new([.. classes], [.. probabilities]);

    /// <summary>The scores of one batch.</summary>
    /// <returns>[answers, classes], log-probabilities.</returns>
    public Tensor Answer(Dictionary<string, Tensor> batch, long count)
    {
        var scores = model.Run(binding.Bind(batch))[0];
        while (scores.dim() > 2 && scores.shape[^1] == 1) scores = scores.squeeze(-1);
        if (scores.dim() < 2 || scores.shape[0] != count || scores.shape[^1] < 2 || !is_floating_point(scores))
            throw new SecateurException($"{Path}: its first output is {scores.dtype} [{string.Join(", ", scores.shape)}] for {count} examples, not a score for each class; "
                + "export the model with its class scores as the first output");
        if (scores.isnan().any().item<bool>())
            throw new SecateurException($"{Path}: its output '{model.Outputs[0]}' holds NaN on this data; check the model's weights and the data's values");
        AnswersEach = (int)(scores.numel() / scores.shape[^1] / count);
        return Scores.LogProbabilities(scores.to_type(ScalarType.Float32).reshape(-1, scores.shape[^1]), kind);
    }

    /// <summary>Keeps what the evaluation needs of a batch.</summary>
    /// <param name="answer">[answers, classes] of this model.</param>
    /// <param name="first">[answers, classes] of the first model.</param>
    /// <param name="expected">[answers], the right class.</param>
    /// <param name="labels">Whether <paramref name="expected"/> are labels.</param>
    public void Keep(Tensor answer, Tensor first, Tensor expected, bool labels)
    {
        var right = answer.gather(1, expected.unsqueeze(1)).squeeze(1); // [answers]
        var lost = labels ? -right.sum() : (first.exp() * (first - answer)).sum();
        loss += lost.to_type(ScalarType.Float64).item<double>();
        rows += answer.shape[0];
        foreach (var predicted in answer.argmax(1).data<long>()) classes.Add((int)predicted);
        if (AnswersEach == 1) probabilities.AddRange(right.exp().data<float>().ToArray());
    }

    public void Dispose() => model.Dispose();
}
