using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Suite;

/// <summary>What a detector finds, in two runs whose scores differ by rounding.</summary>
public sealed class LikenessTests
{
    private const int Things = 40;

    [Fact]
    public void Another_order_of_scores_that_tie_and_other_things_at_the_edge_are_told_apart_from_errors()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var scores = linspace(0.9, 0.1, Things);
        scores[^2..] = scores[^3].item<float>(); // three that tie at the edge
        var (boxes, labels) = (320 * rand([Things, 4], generator: generator), randint(1, 90, [Things], generator: generator));
        Tensor[] found = [boxes, scores, labels];
        Assert.Equal(new Likeness(0, 0), Likeness.Of(found, found));

        Assert.InRange(Likeness.Of(found, Ordered([.. Enumerable.Range(0, Things - 2), Things - 1, Things - 2])).Error, 0, 1e-6);
        Assert.InRange(Likeness.Of(found, Ordered([1, 0, .. Enumerable.Range(2, Things - 2)])).Error, 0.01, 1); // these did not tie

        var other = With(Things - 1);
        Assert.Equal(2, Likeness.Of(found, other).Edge);
        Assert.InRange(Likeness.Of(found, other).Error, 0, 1e-6);
        Assert.InRange(Likeness.Of(found, With(5)).Error, 0.01, 1);
        other[2] = labels.clone(); // the box of one thing with the label of another is no thing of both
        other[0] = boxes;
        other[2][4] += 1;
        Assert.InRange(Likeness.Of(found, other).Error, 0.01, 1);

        Tensor[] Ordered(int[] order) => [.. found.Select((output, i) => i == 1 ? output + 1e-7 : output.index_select(0, tensor(Array.ConvertAll(order, place => (long)place))))];
        Tensor[] With(int thing)
        {
            var moved = boxes.clone();
            moved[thing] += 60;
            return [moved, scores + 1e-7, labels];
        }
    }

    [Fact]
    public void Where_most_scores_tie_none_is_excused()
    {
        using var scope = NewDisposeScope();
        var scores = full(Things, 0.5);
        Assert.InRange(Likeness.Of([scores, rand(Things, 4)], [scores, rand(Things, 4) + 1]).Error, 0.1, 2);
    }
}
