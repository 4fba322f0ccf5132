using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>−log p of each label, times the weight of its class, reduced as <c>reduction</c> says: none, sum, or mean over the weights.</summary>
internal abstract class LikelihoodLoss : Operator
{
    public override string WhyWhole => "compares it with labels";

    /// <param name="node">With <c>reduction</c> and <c>ignore_index</c>, the label that counts for nothing.</param>
    /// <param name="logarithms">[batch, classes, …], of probabilities.</param>
    /// <param name="labels">[batch, …], of classes.</param>
    /// <param name="weights">[classes], or null.</param>
    protected static Tensor Loss(Node node, Tensor logarithms, Tensor labels, Tensor? weights)
    {
        var shape = logarithms.shape;
        if (shape.Length < 2 || !labels.shape.AsSpan().SequenceEqual([shape[0], .. shape[2..]]) || weights is not null && !weights.shape.AsSpan().SequenceEqual([shape[1]]))
            throw node.Error($"labels [{string.Join(", ", labels.shape)}] or weights do not fit scores [{string.Join(", ", shape)}]; check the data's shape");
        var (classes, counted) = (labels.to(ScalarType.Int64), ones_like(labels, ScalarType.Bool));
        if (node.Has("ignore_index")) counted = classes.ne(node.Int("ignore_index"));
        classes = classes.masked_fill(counted.logical_not(), 0);
        if (classes.numel() > 0 && (classes.min().item<long>() < 0 || classes.max().item<long>() >= shape[1]))
            throw node.Error($"a label is not among the {shape[1]} classes; check the data");
        var factors = counted.to(logarithms.dtype);
        if (weights is not null) factors *= weights.index_select(0, classes.reshape(-1)).reshape(classes.shape);
        var losses = -logarithms.gather(1, classes.unsqueeze(1)).squeeze(1) * factors;
        return node.Text("reduction", "mean") switch
        {
            "none" => losses,
            "sum" => losses.sum(),
            "mean" => losses.sum() / factors.sum(),
            var other => throw node.Error($"attribute reduction is '{other}'; none, sum and mean are known, export the model again"),
        };
    }
}
