using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tasks;

/// <summary>Labels that are a class for each position of an example: its only one, a token, a pixel.</summary>
internal static class Positions
{
    /// <summary>The label of a position that does not count, as PyTorch has it.</summary>
    public const long Ignore = -100;

    /// <summary>The labels as [examples, positions], int64; what does not count is <see cref="Ignore"/>.</summary>
    public static Tensor Of(Tensor target)
    {
        var flat = target.reshape(target.shape[0], -1).to_type(ScalarType.Int64);
        return flat.where(flat >= 0, full_like(flat, Ignore));
    }

    /// <summary>The mean cross-entropy of the positions that count.</summary>
    /// <param name="logits">[examples, positions, classes]</param>
    /// <param name="target">int64 [examples, …], as many as there are positions.</param>
    public static Tensor CrossEntropy(Tensor logits, Tensor target)
    {
        var labels = Of(target).reshape(-1);
        // without a single position that counts the mean would be 0/0
        return functional.cross_entropy(logits.reshape(-1, logits.shape[^1]), labels, ignore_index: Ignore, reduction: Reduction.Sum) / labels.ne(Ignore).sum().clamp_min(1);
    }

    /// <exception cref="SecateurException">Other positions, or a label that is no class.</exception>
    public static void Check(Reading reading, Tensor target, string model, string what)
    {
        var (positions, classes) = (reading.First.shape[1], reading.First.shape[2]);
        var labels = target.numel() / target.shape[0];
        if (labels != positions)
            throw new SecateurException($"{model}: gives {positions:N0} answers an example, the data has {labels:N0} labels for each ({what} for each answer is wanted); leave out the labels (--no-labels)");
        var most = target.numel() == 0 ? 0 : target.max().to_type(ScalarType.Int64).item<long>();
        if (most >= classes)
            throw new SecateurException($"{model}: label {most} is none of its {classes} classes; labels are 0 to {classes - 1}, or {Ignore} where none counts");
    }
}
