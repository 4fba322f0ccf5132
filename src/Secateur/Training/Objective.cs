using Secateur.Evaluation;
using Secateur.Onnx;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Training;

/// <summary>What is learned: the labels, the dense model's answers, or both mixed.</summary>
/// <remarks>Distillation after Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, sec. 2 (arXiv:1503.02531).</remarks>
internal sealed class Objective
{
    private readonly ScoreKind kind;
    private readonly double temperature;

    /// <param name="graph">Its first output is [batch, …, classes]: logits, log-probabilities or probabilities, told by the node that makes it.</param>
    /// <param name="teacher">The share of the teacher in the loss, in [0, 1].</param>
    /// <param name="temperature">Above 0; softens teacher and student alike.</param>
    public Objective(Graph graph, double teacher, double temperature)
    {
        (kind, Teacher, this.temperature) = (Scores.Kind(graph), teacher, temperature);
    }

    /// <summary>The share of the teacher's answers in the loss.</summary>
    public double Teacher { get; }

    /// <summary>Logits up to a constant, [examples, classes], of the network's first output.</summary>
    public Tensor Logits(Tensor output)
    {
        var flat = output.dim() == 2 ? output : output.reshape(-1, output.shape[^1]);
        return kind == ScoreKind.Probabilities ? flat.clamp_min(1e-12).log() : flat;
    }

    /// <summary>The mean loss of a batch.</summary>
    /// <param name="logits">Of the student, [n, classes].</param>
    /// <param name="labels">int64 [n]; may be null where the teacher alone counts.</param>
    /// <param name="taught">Logits of the teacher, [n, classes]; may be null where labels alone count.</param>
    public Tensor Loss(Tensor logits, Tensor? labels, Tensor? taught)
    {
        if (Teacher == 0) return functional.cross_entropy(logits, labels!);
        var soft = functional.log_softmax(logits / temperature, 1);
        var target = functional.softmax(taught! / temperature, 1);
        // the gradient of the cross entropy is that of the divergence; temperature² keeps its size
        var distilled = (target * soft).sum(1).mean() * -(temperature * temperature);
        return Teacher == 1 ? distilled : Teacher * distilled + (1 - Teacher) * functional.cross_entropy(logits, labels!);
    }
}
