using CsCheck;
using Secateur.Evaluation;
using Secateur.Tasks;
using Secateur.Tests.Tasks;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Evaluation;

public sealed class MetricTests
{
    [Fact]
    public void Of_the_dense_model_itself_nothing_is_lost()
    {
        using var scope = NewDisposeScope();
        var own = Reading.Of([new("a", OutputKind.Classes), new("b", OutputKind.Switches), new("c", OutputKind.Values)], [randn(6, 4, 9), randn(6, 7), randn(6, 3)], 6, 6, "m");
        foreach (var (name, metric) in Metric.All.Where(pair => !pair.Value.NeedsLabels))
            Assert.True(Math.Abs(metric.Value(metric.Of(new(own, own, null))) - (metric.LowerIsBetter ? 0 : 1)) < 1e-6, name);
    }

    [Fact]
    public void Batches_change_no_value()
    {
        using var scope = NewDisposeScope();
        var (classes, other) = (randn(12, 3, 5), randn(12, 3, 5));
        var labels = randint(0, 5, [12, 3], ScalarType.Int64);
        var (flat, flatLabels) = (randn(12, 4), randint(0, 2, [12, 4], ScalarType.Int64));
        foreach (var (name, metric) in Metric.All)
        {
            var asksFlat = name is "map" or "rmse" or "mae" or "r2" or "recall-at-1" or "recall-at-5";
            Judged Part(long start, long count) => asksFlat
                ? new(Learning.Read(OutputKind.Switches, flat.narrow(0, start, count)), Learning.Read(OutputKind.Switches, flat.narrow(0, start, count)),
                    name.StartsWith("recall", StringComparison.Ordinal) ? flatLabels.narrow(0, start, count).narrow(1, 0, 1) : flatLabels.narrow(0, start, count))
                : new(Learning.Read(OutputKind.Classes, classes.narrow(0, start, count)), Learning.Read(OutputKind.Classes, other.narrow(0, start, count)), labels.narrow(0, start, count));
            var whole = metric.Value(metric.Of(Part(0, 12)));
            var cut = metric.Value(cat([metric.Of(Part(0, 5)), metric.Of(Part(5, 6)), metric.Of(Part(11, 1))], 0));
            Assert.Equal(whole, cut, 1e-9);
        }
    }

    [Fact]
    public void Agreement_counts_positions_of_classes_and_of_yes_and_no()
    {
        using var scope = NewDisposeScope();
        var (own, first) = (zeros(1, 4, 3), zeros(1, 4, 3));
        foreach (var (place, (one, other)) in new[] { (0, 0), (1, 1), (2, 2), (0, 1) }.Index()) (own[0, place, one], first[0, place, other]) = (tensor(5f), tensor(5f));
        Assert.Equal(0.75, Value("agreement", OutputKind.Classes, own, first), 1e-12);
        Assert.Equal(0.5, Value("agreement", OutputKind.Switches, tensor(new[,] { { 1f, -1, 3, -2 } }), tensor(new[,] { { 9f, -2, -1, 1 } })), 1e-12);
    }

    /// <summary>Symbols count, not at which time they are read.</summary>
    [Fact]
    public void Text_agreement_counts_texts_that_are_read_alike()
    {
        using var scope = NewDisposeScope();
        static Tensor Paths(params long[][] paths) => stack([.. paths.Select(path => nn.functional.one_hot(tensor(path), 4).to_type(ScalarType.Float32))], 0);
        var first = Paths([0, 1, 1, 0, 2], [3, 0, 3, 0, 0], [0, 0, 0, 0, 0], [1, 2, 3, 0, 0]);
        var own = Paths([1, 0, 0, 2, 2], [3, 3, 0, 0, 0], [0, 0, 0, 0, 0], [1, 2, 3, 0, 1]);
        Assert.Equal(0.5, Value("text-agreement", OutputKind.Classes, own, first), 1e-12);
    }

    [Fact]
    public void F1_precision_and_overlap_are_as_worked_out_by_hand()
    {
        using var scope = NewDisposeScope();
        var (yes, no) = (1f, -1f);
        // 2 right, 3 found, 4 there
        var scores = tensor(new[,] { { yes, yes, no }, { yes, no, no } });
        var labels = tensor(new long[,] { { 1, 0, 1 }, { 1, 1, 0 } });
        Assert.Equal(2 * 2 / (3.0 + 4), Labelled("f1", OutputKind.Switches, scores, labels), 1e-12);
        // one class: by score right, wrong, right
        var ranked = tensor(new[,] { { 0.9f }, { 0.8f }, { 0.7f } });
        Assert.Equal((1 + 2 / 3.0) / 2, Labelled("map", OutputKind.Switches, ranked, tensor(new long[,] { { 1 }, { 0 }, { 1 } })), 1e-12);
        // class 0: 1 of 3 pixels, class 1: 1 of 3; the last pixel counts for nothing
        var pixels = tensor(new long[] { 0, 0, 1, 1, 0 });
        var shown = nn.functional.one_hot(pixels, 2).to_type(ScalarType.Float32).unsqueeze(0);
        Assert.Equal(1 / 3.0, Labelled("miou", OutputKind.Classes, shown, tensor(new long[,] { { 0, 1, 1, 0, -100 } })), 1e-12);
        Assert.Equal(0.5, Labelled("accuracy", OutputKind.Classes, shown, tensor(new long[,] { { 0, 1, 1, 0, -100 } })), 1e-12);
    }

    [Fact]
    public void Errors_of_numbers_are_as_worked_out_by_hand()
    {
        using var scope = NewDisposeScope();
        var (answers, labels) = (tensor(new[,] { { 1f, 0 }, { 2, 0 }, { 3, 0 } }), tensor(new[,] { { 1f, 0 }, { 2, 0 }, { 6, 0 } }));
        Assert.Equal(Math.Sqrt(9 / 6.0), Labelled("rmse", OutputKind.Values, answers, labels), 1e-9);
        Assert.Equal(3 / 6.0, Labelled("mae", OutputKind.Values, answers, labels), 1e-9);
        Assert.Equal(1 - 9 / 14.0, Labelled("r2", OutputKind.Values, answers, labels), 1e-9); // the second output never varies
    }

    [Fact]
    public void Perplexity_of_a_model_that_knows_nothing_is_the_number_of_tokens()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(11, Labelled("perplexity", OutputKind.Classes, zeros(2, 3, 11), tensor(new long[,] { { 1, 2, -100 }, { 3, 4, 5 } })), 1e-5);
    }

    [Fact]
    public void Retrieval_finds_its_like_and_leaves_out_what_has_none()
    {
        using var scope = NewDisposeScope();
        var vectors = tensor(new[,] { { 1f, 0 }, { 1, 0.1f }, { 0, 1 }, { 0.1f, -1 }, { -1, 0.05f } });
        var labels = tensor(new long[] { 0, 0, 1, 1, 2 }); // the third's nearest is the fifth, the fourth's the first; the last is alone
        Assert.Equal(0.5, Labelled("recall-at-1", OutputKind.Values, vectors, labels), 1e-12);
        Assert.Equal(1, Labelled("recall-at-5", OutputKind.Values, vectors, labels), 1e-12);
    }

    [Fact]
    public void Best_path_drops_repeats_and_blanks() => Assert.Equal([3, 3, 5], Ctc.Decode([0, 3, 3, 0, 3, 5, 5, 0]));

    [Fact]
    public void Distance_of_texts_is_a_metric_no_longer_than_the_longer_text() =>
        Gen.Select(Gen.Long[1, 3].Array[0, 7], Gen.Long[1, 3].Array[0, 7], Gen.Long[1, 3].Array[0, 7]).Sample((one, two, three) =>
        {
            int Distance(long[] a, long[] b) => CharacterErrorRate.Distance(a, b);
            Assert.Equal(0, Distance(one, one));
            Assert.Equal(Distance(one, two), Distance(two, one));
            Assert.True(Distance(one, three) <= Distance(one, two) + Distance(two, three));
            Assert.InRange(Distance(one, two), Math.Abs(one.Length - two.Length), Math.Max(one.Length, two.Length));
        }, iter: 500);

    [Fact]
    public void Each_has_one_line_for_the_help() => Assert.All(Metric.All.Values, metric => Assert.InRange(metric.Summary.Split('\n').Single().Length, 10, 110));

    private static double Value(string name, OutputKind kind, Tensor own, Tensor first) =>
        Metric.All[name].Value(Metric.All[name].Of(new(Learning.Read(kind, own), Learning.Read(kind, first), null)));

    private static double Labelled(string name, OutputKind kind, Tensor own, Tensor labels)
    {
        var reading = Learning.Read(kind, own);
        return Metric.All[name].Value(Metric.All[name].Of(new(reading, reading, labels)));
    }
}
