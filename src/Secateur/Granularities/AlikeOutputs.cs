using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Granularities;

/// <summary>Puts together the outputs of a weight that lose theirs at the same inputs: those that matter at the same ones, wherever they lie.</summary>
/// <remarks>
/// Two by two, the most alike first; then pairs, by their means, to fours, and so on. How alike two are is the inner product of their squared scores, each divided by the
/// square root of its length: of real weights that kept a little more than lengths left alone, which suit networks whose outputs differ much, or left out (docs/sparse.md).
/// </remarks>
internal static class AlikeOutputs
{
    private const int Candidates = 32;  // that an output may be joined with in a pass over those that are left; four times as many where most found theirs taken
    private const int Block = 2048;     // outputs compared with all others at a time

    /// <summary>The outputs in an order in which each so many in a row belong together; what is over comes last.</summary>
    /// <param name="weight">Whose outputs; those of a grouped convolution stay within their group, as others read other channels.</param>
    /// <param name="scores">[out, in·kernel], ≥ 0.</param>
    /// <param name="height">A power of two.</param>
    /// <returns>[out] of int64; null where they stay as they are.</returns>
    public static Tensor? Order(Weight weight, Tensor scores, int height)
    {
        var parts = weight.Node.OpType.EndsWith("Conv", StringComparison.Ordinal) ? (int)weight.Node.Int("group", 1) : 1;
        var each = (int)weight.Outputs / parts;
        if (each < 2 * height || (parts > 1 && each % height != 0)) return null;
        using var scope = NewDisposeScope();
        var profiles = scores / (scores.max() + 1e-30f);
        var order = new List<long>((int)weight.Outputs);
        for (var part = 0; part < parts; part++) order.AddRange(Order(profiles.narrow(0, part * each, each), height).Select(output => (long)part * each + output));
        return tensor(order).MoveToOuterDisposeScope();
    }

    internal static IEnumerable<int> Order(Tensor profiles, int height)
    {
        var outputs = (int)profiles.shape[0];
        // what fills no group is what matters least
        var sums = profiles.sum(1).data<float>().ToArray();
        int[] byWeight = [.. Enumerable.Range(0, outputs).OrderBy(output => sums[output])];
        int[] over = [.. byWeight[..(outputs % height)].Order()];
        int[][] groups = [.. byWeight[(outputs % height)..].Order().Select(output => (int[])[output])];
        var means = profiles.index_select(0, tensor(groups.Select(group => (long)group[0]).ToArray()));
        while (groups[0].Length < height)
        {
            using var scope = NewDisposeScope();
            var pairs = Pairs(means);
            var (ones, others) = (tensor(pairs.Select(pair => (long)pair.One).ToArray()), tensor(pairs.Select(pair => (long)pair.Other).ToArray()));
            groups = [.. pairs.Select(pair => (int[])[.. groups[pair.One], .. groups[pair.Other]])];
            means = ((means.index_select(0, ones) + means.index_select(0, others)) / 2).MoveToOuterDisposeScope();
        }
        return groups.OrderBy(group => group.Min()).SelectMany(group => group.Order()).Concat(over);
    }

    /// <summary>All of an even number two by two, the most alike first.</summary>
    private static List<(int One, int Other)> Pairs(Tensor profiles)
    {
        var squares = profiles.pow(2);
        squares = squares / (squares.norm(1, keepdim: true).sqrt() + 1e-20f);
        var (pairs, left, most) = (new List<(int, int)>(), Enumerable.Range(0, (int)profiles.shape[0]).ToArray(), Candidates);
        while (left.Length > 0)
        {
            using var scope = NewDisposeScope();
            var among = left.Length == squares.shape[0] ? squares : squares.index_select(0, tensor(Array.ConvertAll(left, output => (long)output)));
            var taken = new bool[left.Length];
            foreach (var (_, one, other) in Edges(among, Math.Min(most, left.Length - 1)))
            {
                if (taken[one] || taken[other]) continue;
                (taken[one], taken[other]) = (true, true);
                pairs.Add((left[one], left[other]));
            }
            if (taken.AsSpan().Count(true) < left.Length / 2) most *= 4;
            left = [.. left.Where((_, place) => !taken[place])];
        }
        return pairs;
    }

    /// <summary>Each with those most like it, the most alike first.</summary>
    private static (float Unlike, int One, int Other)[] Edges(Tensor profiles, int most)
    {
        var count = (int)profiles.shape[0];
        var edges = new List<(float, int, int)>(count * most);
        for (var from = 0; from < count; from += Block)
        {
            using var scope = NewDisposeScope();
            var block = profiles.narrow(0, from, Math.Min(Block, count - from));
            var alike = block.mm(profiles.t());
            alike.diagonal(from, 0, 1).fill_(-1); // nothing is joined with itself
            var (values, others) = alike.topk(most);
            var (likeness, indices) = (values.data<float>().ToArray(), others.data<long>().ToArray());
            for (var i = 0; i < likeness.Length; i++) edges.Add((-likeness[i], from + i / most, (int)indices[i]));
        }
        edges.Sort();
        return [.. edges];
    }
}
