using CsCheck;
using Secateur.Pruning;

namespace Secateur.Tests.Pruning;

public sealed class SegmentTests
{
    private static readonly Gen<(int Rounds, int Epochs, int Steps)> Trainings = Gen.Select(Gen.Int[1, 40], Gen.Int[0, 30], Gen.Int[0, 50]);

    [Fact]
    public void During_training_the_segments_tile_it_once() => Trainings.Sample(training =>
    {
        var segments = Segment.Plan(Recipe(training, When.During), training.Steps);
        var steps = (long)training.Epochs * training.Steps;
        Assert.Equal(Enumerable.Range(0, training.Rounds + 1), segments.Select(segment => segment.Round));
        Assert.Equal(0, segments[0].From);
        Assert.Equal(steps, segments[^1].To);
        Assert.All(segments.Zip(segments.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.All(segments, segment => Assert.True(segment.From <= segment.To && segment.Of == steps));
        Assert.Equal(segments.Select(segment => segment.Round == 0), segments.Select(segment => segment.Fresh));
    });

    [Fact]
    public void After_training_every_round_is_a_training_of_its_own() => Trainings.Sample(training =>
    {
        var steps = (long)training.Epochs * training.Steps;
        var segments = Segment.Plan(Recipe(training, When.After), training.Steps);
        Assert.Equal(Enumerable.Range(1, training.Rounds).Select(round => new Segment(round, 0, steps, steps, true)), segments);
    });

    [Fact]
    public void Before_training_the_mask_is_set_once_and_all_training_follows() => Trainings.Sample(training =>
    {
        var steps = (long)training.Epochs * training.Steps;
        Assert.Equal([new Segment(1, 0, steps, steps, true)], Segment.Plan(Recipe(training with { Rounds = 1 }, When.Before), training.Steps));
    });

    [Fact]
    public void Before_training_in_rounds_is_refused() =>
        Assert.Contains("pruning before training happens once", Assert.Throws<SecateurException>(() => Recipe((3, 1, 1), When.Before).Check("recipe")).Message);

    private static Recipe Recipe((int Rounds, int Epochs, int Steps) training, When when) =>
        new() { Rounds = training.Rounds, When = when, Training = new() { Epochs = training.Epochs } };
}
