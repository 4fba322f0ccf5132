using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tasks;

/// <summary>How far a student's outputs are from its teacher's; 0 where they are the same.</summary>
/// <remarks>Classes after Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, sec. 2 (arXiv:1503.02531).</remarks>
internal static class Distillation
{
    /// <summary>The mean over the outputs.</summary>
    /// <param name="student">With gradients.</param>
    /// <param name="teacher">Of the same forms and shapes.</param>
    /// <param name="temperature">Above 0; softens the classes of both alike.</param>
    /// <returns>A scalar.</returns>
    public static Tensor Loss(Reading student, Reading teacher, double temperature)
    {
        Tensor? sum = null;
        foreach (var ((form, one), (_, other)) in student.All.Zip(teacher.All))
        {
            var loss = form.Kind switch
            {
                OutputKind.Classes => Divergence(one, other, temperature),
                OutputKind.Switches => BetweenSwitches(one, other),
                _ => BetweenValues(one, other),
            };
            sum = sum is null ? loss : sum + loss;
        }
        return sum! / student.All.Length;
    }

    /// <summary>The mean over positions of the Kullback–Leibler divergence; temperature² keeps the gradient's size.</summary>
    private static Tensor Divergence(Tensor student, Tensor teacher, double temperature)
    {
        var (soft, target) = (functional.log_softmax(student / temperature, -1), functional.log_softmax(teacher / temperature, -1));
        return (target.exp() * (target - soft)).sum(-1).mean() * (temperature * temperature);
    }

    /// <summary>The same of the two answers that each switch has.</summary>
    private static Tensor BetweenSwitches(Tensor student, Tensor teacher)
    {
        var (yes, no) = (functional.logsigmoid(teacher), functional.logsigmoid(-teacher));
        return (yes.exp() * (yes - functional.logsigmoid(student)) + no.exp() * (no - functional.logsigmoid(-student))).mean();
    }

    /// <summary>The squared distance relative to the teacher's squared length, each example by itself, so that an output of large numbers weighs no more.</summary>
    private static Tensor BetweenValues(Tensor student, Tensor teacher) =>
        ((student - teacher).square().sum(1) / teacher.square().sum(1).clamp_min(1e-12)).mean();
}
