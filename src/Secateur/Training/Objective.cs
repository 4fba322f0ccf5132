using Secateur.Tasks;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Training;

/// <summary>What is learned: the labels, the dense model's answers, or both mixed.</summary>
internal sealed class Objective
{
    private readonly double temperature;

    /// <param name="task">On the model that learns.</param>
    /// <param name="teacher">The share of the teacher in the loss, in [0, 1]; where no labels teach it is 1.</param>
    /// <param name="temperature">Above 0; softens teacher and student alike.</param>
    public Objective(Assignment task, double teacher, double temperature) =>
        (Task, Teacher, this.temperature) = (task, task.Teaches ? teacher : 1, temperature);

    public Assignment Task { get; }

    /// <summary>The share of the teacher's answers in the loss.</summary>
    public double Teacher { get; }

    /// <summary>The mean loss of a batch.</summary>
    /// <param name="student">With gradients.</param>
    /// <param name="target">What should be answered; may be null where the teacher alone counts.</param>
    /// <param name="taught">Of the teacher; may be null where labels alone count.</param>
    public Tensor Loss(Reading student, Tensor? target, Reading? taught)
    {
        if (Teacher == 0) return Task.Task.Loss(student, target!);
        var distilled = Distillation.Loss(student, taught!, temperature);
        return Teacher == 1 ? distilled : Teacher * distilled + (1 - Teacher) * Task.Task.Loss(student, target!);
    }

    /// <summary>The loss against answers drawn by the network's own probabilities: its gradients are those of the true Fisher information.</summary>
    public static Tensor LossOfDrawn(Reading reading, Generator generator)
    {
        Tensor? sum = null;
        foreach (var (form, own) in reading.All)
        {
            var loss = Drawn(form.Kind, own, generator);
            sum = sum is null ? loss : sum + loss;
        }
        return sum! / reading.All.Length;
    }

    private static Tensor Drawn(OutputKind kind, Tensor own, Generator generator)
    {
        switch (kind)
        {
            case OutputKind.Classes:
                var logits = own.reshape(-1, own.shape[^1]);
                return functional.cross_entropy(logits, multinomial(functional.softmax(logits.detach(), 1), 1, replacement: true, generator).squeeze(1));
            case OutputKind.Switches:
                return functional.binary_cross_entropy_with_logits(own, bernoulli(own.detach().sigmoid(), generator));
            default: // a normal distribution around the values, as wide as they are
                var values = own.detach();
                var drawn = values + randn(values.shape, generator: generator) * values.square().mean().sqrt();
                return functional.mse_loss(own, drawn) / values.square().mean().clamp_min(1e-12);
        }
    }
}
