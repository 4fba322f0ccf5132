using System.Diagnostics;
using Secateur.Testing.Fuzzing;

namespace Secateur.Onnx.Tests;

/// <summary>The first few thousand of the files that <c>bench/run.sh fuzz</c> tries.</summary>
public sealed class FuzzTests
{
    private const int Files = 3000;
    private const long MostBytes = 256 << 20; // allocated while a file of some kilobytes is read and saved

    [Fact]
    public void Damaged_files_are_refused_in_a_line_or_read_in_little_time_and_memory()
    {
        var outcomes = new FuzzOutcome[Files];
        Parallel.For(0, 2, worker =>
        {
            using var folder = new TemporaryFolder();
            var seeds = FuzzSeeds.In(folder.Path);
            for (var seed = worker; seed < Files; seed += 2)
            {
                var path = folder.With("damaged.onnx", Mutation.Of(seeds, seed + 1));
                var (clock, before) = (Stopwatch.StartNew(), GC.GetAllocatedBytesForCurrentThread());
                try
                {
                    outcomes[seed] = FuzzCase.Load(path);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"seed {seed + 1}: {e.GetType().Name} escaped: {e.Message}", e);
                }
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"seed {seed + 1} took {clock.Elapsed}");
                Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostBytes, $"seed {seed + 1} took much memory");
            }
        });
        Assert.InRange(outcomes.Count(outcome => outcome == FuzzOutcome.Refused), Files / 10, Files * 9 / 10); // neither harmless nor always fatal
    }
}
