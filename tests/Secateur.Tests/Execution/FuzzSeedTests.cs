using Secateur.Testing.Fuzzing;

namespace Secateur.Tests.Execution;

public sealed class FuzzSeedTests
{
    [Fact]
    public void Each_runs_undamaged()
    {
        var folder = Directory.CreateTempSubdirectory("secateur-").FullName;
        foreach (var (index, seed) in FuzzSeeds.In(folder).Index())
        {
            var file = Path.Combine(folder, $"{index}.onnx");
            File.WriteAllBytes(file, seed);
            Assert.Equal(FuzzOutcome.Ran, FuzzCase.Run(file));
        }
        Directory.Delete(folder, recursive: true);
    }
}
