using CsCheck;
using Secateur.Evaluation;
using Secateur.Pruning;

namespace Secateur.Tests.Pruning;

public class DropSearchTests
{
    private static readonly Metric Accuracy = Metric.All["accuracy"];

    [Fact]
    public void What_is_better_when_lower_may_rise_by_so_much()
    {
        // perplexity 10, and a tenth more for each tenth of sparsity
        var (best, frontier) = DropSearch.Run(1, 0.5, Metric.All["perplexity"], sparsity => (10, 10 + sparsity));
        Assert.InRange(best, 0.45, 0.5 + 1e-9);
        Assert.All(frontier, point => Assert.Equal(point.Sparsity, point.Drop, 1e-9));
    }

    [Fact]
    public void Finds_the_highest_sparsity_that_loses_no_more_than_allowed() =>
        Gen.Select(Gen.Double[0.3, 0.98], Gen.Double[0, 0.05]).Sample((limit, allowed) =>
        {
            // quality falls with sparsity and passes the allowed loss at the limit
            var (best, frontier) = DropSearch.Run(1, allowed, Accuracy, sparsity => (0.9, 0.9 - allowed + (limit - sparsity) / 2));
            Assert.True(best <= limit + 1e-9);
            Assert.All(frontier, point => Assert.Equal(point.Sparsity <= limit + 1e-9, point.Met));
            Assert.All(frontier.Zip(frontier.Skip(1)), pair => Assert.True(pair.First.Sparsity < pair.Second.Sparsity && pair.First.Quality > pair.Second.Quality));
            // six halvings of the density's range of 500
            Assert.InRange(Math.Log((1 - best) / (1 - limit)), -1e-9, Math.Log(500) / 64 + 1e-9);
        }, iter: 200, threads: 1);

    [Fact]
    public void Never_asks_for_more_than_the_recipe_allows()
    {
        var (best, frontier) = DropSearch.Run(0.6, 0.1, Accuracy, _ => (0.9, 0.9));
        Assert.All(frontier, point => Assert.InRange(point.Sparsity, 0, 0.6));
        Assert.True(best > 0.59);
    }

    [Fact]
    public void Gate_tells_how_near_the_nearest_came()
    {
        var error = Assert.Throws<GateException>(() => DropSearch.Run(0.9, 0.01, Accuracy, sparsity => (0.9, 0.8 - sparsity / 10)));
        Assert.StartsWith("no sparsity loses at most 0.01: the nearest was ", error.Message);
        Assert.Contains("which lost 0.10", error.Message);
        Assert.Contains("; allow more, or fine-tune longer (--epochs)", error.Message);
    }
}
