using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tasks;

/// <summary>How far a student's outputs are from its teacher's; 0 where they are the same.</summary>
/// <remarks>Classes after Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, sec. 2 (arXiv:1503.02531).</remarks>
internal static class Distillation
{
    /// <summary>The mean over the outputs.</summary>
    /// <inheritdoc cref="Losses"/>
    /// <returns>A scalar.</returns>
    public static Tensor Loss(Reading student, Reading teacher, double temperature, IReadOnlyList<double>? bounds = null)
    {
        var losses = Losses(student, teacher, temperature, bounds);
        return losses.Aggregate((sum, loss) => sum + loss) / losses.Length;
    }

    /// <summary>By output the mean over positions, or over examples where an output has no positions.</summary>
    /// <param name="student">With gradients.</param>
    /// <param name="teacher">Of the same forms and shapes.</param>
    /// <param name="temperature">Above 0; softens the classes of both alike.</param>
    /// <param name="bounds">By output what one position can come to at most; null bounds none. See <see cref="Within"/>.</param>
    /// <returns>Scalars.</returns>
    public static Tensor[] Losses(Reading student, Reading teacher, double temperature, IReadOnlyList<double>? bounds = null) =>
        [.. student.All.Zip(teacher.All, (own, taught) => own.Form.Kind switch
        {
            OutputKind.Classes => Divergence(own.Tensor, taught.Tensor, temperature),
            OutputKind.Switches => BetweenSwitches(own.Tensor, taught.Tensor),
            _ => BetweenValues(own.Tensor, taught.Tensor),
        }).Select((distances, output) => (bounds is null ? distances : Within(distances, bounds[output])).mean())];

    /// <summary>b·(1 − e^(−d/b)): as the distance d where that is small, and never more than b, so that few positions that are lost do not outweigh many that can be held.</summary>
    /// <remarks>Welsch's loss of the root of d: Dennis &amp; Welsch, "Techniques for Nonlinear Least Squares and Robust Regression", 1978; Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, eq. 5 (arXiv:1701.03077).</remarks>
    /// <param name="distances">At least 0.</param>
    /// <param name="bound">b, above 0.</param>
    public static Tensor Within(Tensor distances, double bound) => (-(-distances / bound).expm1()) * bound;

    /// <summary>At each position the Kullback–Leibler divergence; temperature² keeps the gradient's size.</summary>
    private static Tensor Divergence(Tensor student, Tensor teacher, double temperature)
    {
        var (soft, target) = (functional.log_softmax(student / temperature, -1), functional.log_softmax(teacher / temperature, -1));
        return (target.exp() * (target - soft)).sum(-1) * (temperature * temperature);
    }

    /// <summary>The same of the two answers that each switch has.</summary>
    private static Tensor BetweenSwitches(Tensor student, Tensor teacher)
    {
        var (yes, no) = (functional.logsigmoid(teacher), functional.logsigmoid(-teacher));
        return yes.exp() * (yes - functional.logsigmoid(student)) + no.exp() * (no - functional.logsigmoid(-student));
    }

    /// <summary>The squared distance relative to the teacher's squared length, each example by itself, so that an output of large numbers weighs no more.</summary>
    private static Tensor BetweenValues(Tensor student, Tensor teacher) =>
        (student - teacher).square().sum(1) / teacher.square().sum(1).clamp_min(1e-12);
}
