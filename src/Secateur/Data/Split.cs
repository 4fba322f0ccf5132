using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>Which examples train, decide and test. A partition that the counts, the shares and the seed alone decide.</summary>
/// <param name="Train">In rising order, as the others.</param>
internal sealed record Split(ImmutableArray<long> Train, ImmutableArray<long> HeldOut, ImmutableArray<long> Test)
{
    /// <summary>Draws the parts; with three examples or more none asked for is empty.</summary>
    /// <exception cref="SecateurException">The shares leave nothing to train on.</exception>
    public static Split Draw(long count, bool drawTest, DataOptions options)
    {
        var (held, test) = (options.HeldOutShare, drawTest ? options.TestShare : 0);
        if (!(held >= 0 && test >= 0 && held + test < 1))
            throw new SecateurException($"the held-out share {held} and the test share {test} leave nothing to train on; give shares from 0 that sum to less than 1");
        var tests = Part(count, test);
        var decide = Math.Min(Part(count, held), DataOptions.MostHeldOut);
        var order = Shuffled(count, (ulong)options.Seed);
        return new Split([.. order.Skip(tests + decide).Order()], [.. order.Skip(tests).Take(decide).Order()], [.. order.Take(tests).Order()]);
    }

    private static int Part(long count, double share) => share == 0 || count < 3 ? 0 : (int)Math.Clamp(Math.Round(count * share), 1, count - 2);

    private static long[] Shuffled(long count, ulong state)
    {
        var order = new long[count];
        for (var i = 0L; i < count; i++) order[i] = i;
        for (var left = count; left > 1; left--)
        {
            var pick = (long)(Next(ref state) % (ulong)left);
            (order[left - 1], order[pick]) = (order[pick], order[left - 1]);
        }
        return order;
    }

    // SplitMix64 (Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014, fig. 17): the same on every platform for ever
    private static ulong Next(ref ulong state)
    {
        var mixed = state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
