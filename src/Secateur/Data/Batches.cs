using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>Examples that are run together.</summary>
/// <param name="Indices">All of one bucket.</param>
/// <param name="Real">Those at the front that count; the others fill up a batch whose size the model fixes.</param>
internal readonly record struct Batch(long[] Indices, int Real);

/// <summary>Cuts examples into batches: each of one bucket, so that it is one tensor. What is drawn follows from the seed alone.</summary>
internal sealed class Batches
{
    private readonly ImmutableArray<long[]> buckets; // in the order of their first example, each in rising order
    private readonly int size;
    private readonly bool filled;

    /// <param name="examples">To cut up.</param>
    /// <param name="binding">Of the model, which may fix the size of a batch.</param>
    /// <param name="size">Where the model leaves it open.</param>
    public Batches(Examples examples, Binding binding, long size) : this(examples, binding, size, Numbers(examples.Count)) { }

    /// <param name="chosen">Some of the examples, in an order that stays within each bucket.</param>
    public Batches(Examples examples, Binding binding, long size, IEnumerable<long> chosen)
    {
        buckets = [.. chosen.GroupBy(examples.Bucket).Select(bucket => bucket.ToArray())];
        filled = binding.FixedBatch is not null;
        this.size = (int)Math.Max(1, binding.FixedBatch ?? Math.Min(size, buckets.IsEmpty ? 1 : buckets.Max(bucket => bucket.Length)));
    }

    /// <summary>The size of a whole batch.</summary>
    public int Size => size;

    /// <summary>Of all examples.</summary>
    public long Count => buckets.Sum(bucket => (long)bucket.Length);

    /// <summary>Whether all examples are of one shape.</summary>
    public bool AreOfOneShape => buckets.Length <= 1;

    /// <summary>Steps of an epoch of training. Of one shape these are whole batches, and what is left over has its turn after another shuffle; of several also the rests.</summary>
    public long PerEpoch => AreOfOneShape ? buckets.Sum(bucket => Math.Max(1, bucket.Length / size)) : buckets.Sum(bucket => (bucket.Length + size - 1L) / size);

    /// <summary>Every example once, bucket after bucket.</summary>
    public IEnumerable<Batch> InOrder() => buckets.SelectMany(bucket => Cut(bucket));

    /// <summary>The batches of an epoch of training.</summary>
    public Batch[] Shuffled(long seed, long epoch)
    {
        var random = Seeds.Random(seed, "shuffle", epoch);
        List<Batch> batches = [];
        foreach (var bucket in buckets)
        {
            long[] order = [.. bucket];
            random.Shuffle(order);
            batches.AddRange(Cut(order));
        }
        if (AreOfOneShape) return [.. batches.Take((int)PerEpoch)];
        var shuffled = batches.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }

    /// <summary>A batch of examples drawn with replacement, of one bucket, which is drawn by its share.</summary>
    public long[] Draw(Random random)
    {
        var bucket = buckets.Length == 1 ? buckets[0] : Holding(random.NextInt64(Count));
        var drawn = new long[filled ? size : Math.Min(size, bucket.Length)];
        for (var i = 0; i < drawn.Length; i++) drawn[i] = bucket[random.NextInt64(bucket.Length)];
        return drawn;
    }

    private long[] Holding(long place)
    {
        foreach (var bucket in buckets)
            if ((place -= bucket.Length) < 0) return bucket;
        throw new ArgumentOutOfRangeException(nameof(place));
    }

    private IEnumerable<Batch> Cut(long[] order)
    {
        for (var start = 0; start < order.Length; start += size)
        {
            var real = Math.Min(size, order.Length - start);
            var indices = new long[filled ? size : real];
            for (var i = 0; i < indices.Length; i++) indices[i] = order[(start + i) % order.Length];
            yield return new(indices, real);
        }
    }

    private static IEnumerable<long> Numbers(long count)
    {
        for (var i = 0L; i < count; i++) yield return i;
    }
}
