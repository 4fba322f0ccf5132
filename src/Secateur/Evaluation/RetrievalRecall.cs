using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>The share of examples among whose <paramref name="count"/> nearest others by cosine one has the same label; those whose label is alone are left out.</summary>
internal sealed class RetrievalRecall(int count) : Metric
{
    private const int Block = 512; // whose distances are in memory at once

    public override string Summary => $"the share of examples that find another of their label among the {count} nearest by cosine";

    public override bool NeedsLabels => true;

    internal override Tensor Of(Judged batch)
    {
        var vectors = batch.Own.First.to_type(ScalarType.Float64);
        return cat([vectors / vectors.square().sum(1, keepdim: true).sqrt().clamp_min(1e-12), batch.Target!.reshape(-1, 1).to_type(ScalarType.Float64)], 1);
    }

    internal override double Value(Tensor rows)
    {
        var (vectors, labels) = (rows.narrow(1, 0, rows.shape[1] - 1), rows.narrow(1, rows.shape[1] - 1, 1).squeeze(1));
        var (found, asked) = (0L, 0L);
        if (rows.shape[0] < 2) return 0;
        for (var start = 0L; start < rows.shape[0]; start += Block)
        {
            using var scope = NewDisposeScope();
            var size = Math.Min(Block, rows.shape[0] - start);
            var self = arange(start, start + size).unsqueeze(1);
            var near = vectors.narrow(0, start, size).mm(vectors.t()).scatter(1, self, full([size, 1], double.NegativeInfinity, ScalarType.Float64));
            var nearest = near.topk((int)Math.Min(count, rows.shape[0] - 1), 1).indexes; // [size, count]
            var own = labels.narrow(0, start, size).unsqueeze(1);
            var hasOther = own.eq(labels.unsqueeze(0)).sum(1).gt(1);
            found += labels[nearest].eq(own).any(1).logical_and(hasOther).sum().item<long>();
            asked += hasOther.sum().item<long>();
        }
        return asked == 0 ? 0 : (double)found / asked;
    }
}
