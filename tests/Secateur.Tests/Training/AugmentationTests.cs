using Secateur.Training;
using static TorchSharp.torch;

namespace Secateur.Tests.Training;

public sealed class AugmentationTests
{
    private const int Height = 4, Width = 3;

    [Theory]
    [InlineData(1, false), InlineData(0, true), InlineData(1, true), InlineData(2, true), InlineData(9, true)]
    public void Every_picture_is_a_shifted_or_mirrored_copy_filled_with_zeros_and_each_is_drawn(int shift, bool flip)
    {
        using var scope = NewDisposeScope();
        var pictures = rand(400, 2, Height, Width) + 1;
        var (before, after) = (pictures.Values(), Augmentation.Apply(pictures, shift, flip, new Random(1)).Values());
        var moves = from down in Enumerable.Range(-shift, 2 * shift + 1)
                    from right in Enumerable.Range(-shift, 2 * shift + 1)
                    from mirrored in flip ? new[] { false, true } : [false]
                    select (down, right, mirrored);
        HashSet<(int, int, bool)> seen = [];
        foreach (var (from, to) in before.Chunk(2 * Height * Width).Zip(after.Chunk(2 * Height * Width)))
        {
            var fitting = moves.Where(move => Moved(from, move.down, move.right, move.mirrored).SequenceEqual(to)).ToArray();
            Assert.NotEmpty(fitting);
            seen.UnionWith(fitting);
        }
        if (shift < Width) Assert.Equal(moves.Count(), seen.Count); // larger ones mostly leave nothing to tell them by
    }

    [Fact]
    public void Joined_pictures_begin_as_themselves_and_end_as_another()
    {
        using var scope = NewDisposeScope();
        var pictures = arange(8).reshape(8, 1, 1, 1).expand(8, 2, 3, 20).to_type(ScalarType.Float32).contiguous(); // each of one value
        var (joined, cut) = (Augmentation.Join(pictures, 0.5, new Random(1)), 0);
        for (var picture = 0; picture < 8; picture++)
        {
            var rows = joined[picture].reshape(6, 20);
            Assert.True(rows.eq(rows[0]).all().item<bool>()); // all rows and channels are cut at one column
            var values = rows[0].Values();
            Assert.Equal(picture, values[0]);
            Assert.InRange(values.Zip(values.Skip(1)).Count(pair => pair.First != pair.Second), 0, 1);
            if (values[^1] != picture) cut++;
        }
        Assert.InRange(cut, 1, 7);
        Assert.Same(pictures, Augmentation.Join(pictures, 0, new Random(1)));
        Assert.True(pictures.eq(arange(8).reshape(8, 1, 1, 1)).all().item<bool>());
    }

    [Fact]
    public void Without_shift_and_flip_nothing_moves_and_nothing_is_drawn()
    {
        using var scope = NewDisposeScope();
        var (pictures, random) = (rand(5, 1, 4, 4), new Random(1));
        Assert.Same(pictures, Augmentation.Apply(pictures, 0, false, random));
        Assert.Equal(new Random(1).Next(), random.Next());
    }

    [Fact]
    public void What_is_no_picture_stays_as_it_is()
    {
        using var scope = NewDisposeScope();
        var (rows, tokens) = (rand(5, 13), zeros([5, 3, 20], ScalarType.Int64));
        Assert.Same(rows, Augmentation.Apply(rows, 2, true, new Random(1)));
        Assert.Same(tokens, Augmentation.Apply(tokens, 2, true, new Random(1)));
    }

    [Fact]
    public void The_same_draws_move_the_same()
    {
        using var scope = NewDisposeScope();
        var pictures = rand(20, 1, 6, 6);
        Assert.Equal(Augmentation.Apply(pictures, 2, true, new Random(3)).Values(), Augmentation.Apply(pictures, 2, true, new Random(3)).Values());
        Assert.NotEqual(Augmentation.Apply(pictures, 2, true, new Random(3)).Values(), Augmentation.Apply(pictures, 2, true, new Random(4)).Values());
    }

    private static float[] Moved(float[] picture, int down, int right, bool mirrored)
    {
        var moved = new float[picture.Length];
        for (var i = 0; i < moved.Length; i++)
        {
            var (plane, row, column) = (i / (Height * Width), i / Width % Height - down, i % Width);
            column = (mirrored ? Width - 1 - column : column) - right;
            if (row is >= 0 and < Height && column is >= 0 and < Width) moved[i] = picture[(plane * Height + row) * Width + column];
        }
        return moved;
    }
}
