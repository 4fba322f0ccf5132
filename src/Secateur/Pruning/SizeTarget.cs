using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>The least sparsity whose file is not over a size, when every weight is stored as ONNX's sparse or dense initializer, whichever is smaller.</summary>
internal static class SizeTarget
{
    // names, node attributes and lengths around the elements are in the dense file's size already; each sparse tensor has two tensors' worth of them
    private const long SparseOverhead = 200;

    /// <param name="model">Messages start with it.</param>
    /// <param name="step">Tells what may be pruned.</param>
    /// <param name="denseBytes">The file with every weight stored dense.</param>
    /// <param name="bytes">The largest file.</param>
    /// <exception cref="SecateurException">At once: not even the sparsest file that the recipe allows is so small.</exception>
    public static Target Of(string model, MaskStep step, long denseBytes, long bytes)
    {
        var least = denseBytes - step.Choices.Where(choice => choice.Prune).Sum(choice => Saved(choice.Weight!, (long)((choice.Own ?? choice.Most) * choice.Weight!.Elements)));
        if (least > bytes) throw new SecateurException($"{model}: cannot become {bytes:N0} bytes; the smallest that this recipe can make is {least:N0}, ask for that or prune more layers");
        return (step, scored) => Least(step, scored, denseBytes, bytes);
    }

    /// <summary>The file's bytes at a sparsity, an upper bound.</summary>
    public static long Bytes(MaskStep step, IReadOnlyList<(Choice Choice, Tensor Units)> scored, long denseBytes, double sparsity)
    {
        var counts = step.Counts(scored, sparsity, own => own);
        return denseBytes - scored.Zip(counts).Sum(pair =>
        {
            var ((choice, units), count) = pair;
            return Saved(choice.Weight!, (long)(count * ((double)choice.Weight!.Elements / units.numel())));
        });
    }

    private static double Least(MaskStep step, IReadOnlyList<(Choice Choice, Tensor Units)> scored, long denseBytes, long bytes)
    {
        var (fits, exceeds) = (step.Reach, 0.0);
        if (Bytes(step, scored, denseBytes, 0) <= bytes) return 0;
        while (fits - exceeds > 1e-5)
        {
            var middle = (fits + exceeds) / 2;
            if (Bytes(step, scored, denseBytes, middle) <= bytes) fits = middle;
            else exceeds = middle;
        }
        return fits;
    }

    private static long Saved(Execution.Weight weight, long pruned) =>
        Math.Max(0, weight.Width * weight.Elements - SparseTensor.Bytes(weight.Elements - pruned, weight.Width) - SparseOverhead);
}
