using Secateur.Sparse.Tests.Provider;

namespace Secateur.Sparse.Tests.Ways;

/// <summary>docs/provider-use.md quotes the samples that the tests run.</summary>
public sealed class DocumentTests
{
    [Theory]
    [InlineData("csharp", "csharp/Program.cs")]
    [InlineData("c", "c/main.c")]
    [InlineData("cpp", "cpp/main.cpp")]
    [InlineData("python", "python/run.py")]
    [InlineData("js", "node/run.js")]
    public void Shows_lines_of_the_sample(string language, string sample)
    {
        var document = File.ReadAllText(Path.Join(Library.Root, "docs/provider-use.md"));
        var block = document.Split($"```{language}\n")[1].Split("```")[0];
        Assert.Subset(Lines(File.ReadAllText(Way.Sample(sample))), Lines(block));

        static HashSet<string> Lines(string text) => [.. text.Split('\n').Select(line => line.Trim())];
    }
}
