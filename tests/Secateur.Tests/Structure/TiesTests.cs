using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using Secateur.Testing;

namespace Secateur.Tests.Structure;

public sealed class TiesTests
{
    [Fact]
    public void Ties_are_transitive()
    {
        var ties = new Ties();
        ties.Add(new("a", 0), new("b", 1));
        ties.Add(new("c", 0), new("d", 0));
        ties.Add(new("b", 1), new("c", 0));
        var set = Assert.Single(ties.Sets());
        Assert.Equal([new("a", 0), new("b", 1), new("c", 0), new("d", 0)], set.Axes.OrderBy(axis => axis.Tensor, StringComparer.Ordinal));
        Assert.True(set.Free);
    }

    [Fact]
    public void One_blocked_axis_holds_all_that_are_tied_to_it()
    {
        var ties = new Ties();
        ties.Block(new Axis("b", 1));
        ties.Add(new("a", 0), new("b", 1));
        ties.Add(new("a", 1), new("b", 0));
        Assert.Equal([("a", 0, false), ("a", 1, true)], ties.Sets().SelectMany(set => set.Axes.Select(axis => (axis.Tensor, axis.Index, set.Free)))
            .Where(axis => axis.Tensor == "a").OrderBy(axis => axis.Index));
    }

    [Theory]
    [InlineData(new long[] { 2, 8, 1, 1 }, new long[] { 2, 8 }, "00 11")]             // Flatten after global pooling keeps the channel
    [InlineData(new long[] { 2, 8, 3, 3 }, new long[] { 2, 72 }, "00")]               // but not over several positions
    [InlineData(new long[] { 2, 5, 12 }, new long[] { 2, 5, 3, 4 }, "00 11")]         // heads
    [InlineData(new long[] { 10, 12 }, new long[] { 2, 5, 12 }, "12")]
    [InlineData(new long[] { 4, 4 }, new long[] { 4, 1, 4 }, "00 12")]
    [InlineData(new long[] { 6, 2 }, new long[] { 2, 6 }, "")]
    public void Reshape_keeps_the_axes_that_stay_whole(long[] from, long[] to, string tied)
    {
        var node = SmallGraphs.Node("Reshape", ["x", "shape"], ["y"]);
        using var network = new Network(SmallGraphs.Of(13, [node], [TensorData.Of("x", new float[from.Aggregate((a, b) => a * b)], from)],
            [TensorData.Of("shape", to, to.Length)], ["y"]));
        var ties = new Ties();
        ties.AddReshape("x", "y", Shapes.Of(network));
        var free = ties.Sets().Where(set => set.Free).ToArray();
        var pairs = free.Select(set => string.Concat(set.Axes.OrderBy(axis => axis.Tensor, StringComparer.Ordinal).Select(axis => axis.Index)));
        Assert.Equal(tied, string.Join(" ", pairs.Order(StringComparer.Ordinal)));
        var blocked = ties.Sets().Where(set => !set.Free).SelectMany(set => set.Axes).Count();
        Assert.Equal(from.Count(size => size != 1) + to.Count(size => size != 1) - 2 * free.Length, blocked);
    }
}
