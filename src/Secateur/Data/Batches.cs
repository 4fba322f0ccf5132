using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>Examples that are run together.</summary>
/// <param name="Indices">All of one bucket.</param>
/// <param name="Real">Those at the front that count; the others fill up a batch whose size the model fixes.</param>
internal readonly record struct Batch(long[] Indices, int Real);

/// <summary>Cuts examples into batches: each of one bucket, so that it is one tensor. What is drawn follows from the seed alone.</summary>
internal sealed class Batches
{
    /// <summary>As 111 pictures of 3x224x224: what is computed of them in between takes ten times and more of it.</summary>
    public const long MostElements = 1 << 24;

    private readonly ImmutableArray<(long[] Examples, int Size)> buckets; // in the order of their first example, each in rising order
    private readonly bool filled;

    /// <param name="examples">To cut up.</param>
    /// <param name="binding">Of the model, which may fix the size of a batch.</param>
    /// <param name="size">Where the model leaves it open.</param>
    /// <param name="mostElements">Of the inputs of a batch; larger pictures go in smaller batches.</param>
    public Batches(Examples examples, Binding binding, long size, long mostElements = MostElements) : this(examples, binding, size, Numbers(examples.Count), mostElements) { }

    /// <param name="chosen">Some of the examples, in an order that stays within each bucket.</param>
    public Batches(Examples examples, Binding binding, long size, IEnumerable<long> chosen, long mostElements = MostElements)
    {
        var groups = chosen.GroupBy(examples.Bucket).Select(bucket => bucket.ToArray()).ToArray();
        var longest = groups.Length == 0 ? 1 : groups.Max(group => group.Length);
        filled = binding.FixedBatch is not null;
        buckets = [.. groups.Select(group => (group, (int)(binding.FixedBatch
            ?? Math.Clamp(mostElements / Math.Max(1, Elements(examples, group[0])), 1, Math.Max(1, Math.Min(size, longest))))))];
    }

    /// <summary>The size of the largest batch.</summary>
    public int Size => buckets.IsEmpty ? 1 : buckets.Max(bucket => bucket.Size);

    /// <summary>Of all examples.</summary>
    public long Count => buckets.Sum(bucket => (long)bucket.Examples.Length);

    /// <summary>Whether all examples are of one shape.</summary>
    public bool AreOfOneShape => buckets.Length <= 1;

    /// <summary>Steps of an epoch of training. Of one shape these are whole batches, and what is left over has its turn after another shuffle; of several also the rests.</summary>
    public long PerEpoch => buckets.Sum(bucket => AreOfOneShape ? Math.Max(1, bucket.Examples.Length / bucket.Size) : (bucket.Examples.Length + bucket.Size - 1L) / bucket.Size);

    /// <summary>Every example once, bucket after bucket.</summary>
    public IEnumerable<Batch> InOrder() => buckets.SelectMany(bucket => Cut(bucket.Examples, bucket.Size));

    /// <summary>The batches of an epoch of training.</summary>
    public Batch[] Shuffled(long seed, long epoch)
    {
        var random = Seeds.Random(seed, "shuffle", epoch);
        List<Batch> batches = [];
        foreach (var (examples, size) in buckets)
        {
            long[] order = [.. examples];
            random.Shuffle(order);
            batches.AddRange(Cut(order, size));
        }
        if (AreOfOneShape) return [.. batches.Take((int)PerEpoch)];
        var shuffled = batches.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }

    /// <summary>A batch of examples drawn with replacement, of one bucket, which is drawn by its share.</summary>
    public long[] Draw(Random random)
    {
        var (examples, size) = buckets.Length == 1 ? buckets[0] : Holding(random.NextInt64(Count));
        var drawn = new long[filled ? size : Math.Min(size, examples.Length)];
        for (var i = 0; i < drawn.Length; i++) drawn[i] = examples[random.NextInt64(examples.Length)];
        return drawn;
    }

    private (long[] Examples, int Size) Holding(long place)
    {
        foreach (var bucket in buckets)
            if ((place -= bucket.Examples.Length) < 0) return bucket;
        throw new ArgumentOutOfRangeException(nameof(place));
    }

    private IEnumerable<Batch> Cut(long[] order, int size)
    {
        for (var start = 0; start < order.Length; start += size)
        {
            var real = Math.Min(size, order.Length - start);
            var indices = new long[filled ? size : real];
            for (var i = 0; i < indices.Length; i++) indices[i] = order[(start + i) % order.Length];
            yield return new(indices, real);
        }
    }

    /// <summary>Of the features of an example.</summary>
    private static long Elements(Examples examples, long index)
    {
        if (!examples.Features.Any(feature => feature.Shape.Contains(Feature.Varies)))
            return examples.Features.Sum(feature => feature.Shape.Aggregate(1L, (product, size) => product * size));
        using var scope = TorchSharp.torch.NewDisposeScope();
        return examples.Read([index]).Values.Sum(tensor => tensor.numel());
    }

    private static IEnumerable<long> Numbers(long count)
    {
        for (var i = 0L; i < count; i++) yield return i;
    }
}
