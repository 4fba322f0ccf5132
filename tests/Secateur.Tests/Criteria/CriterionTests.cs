using Secateur.Criteria;
using Secateur.Data;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using Secateur.Tests.Evaluation;
using Secateur.Tests.Tasks;
using Secateur.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tests.Criteria;

public sealed class CriterionTests
{
    public static TheoryData<string> Words => [.. Criterion.All.Keys.Order()];

    public static TheoryData<string> Layers => [.. Layer.All.Select(layer => layer.Word)];

    public static TheoryData<string, string> Both => new(Words.SelectMany(word => Layers.Select(layer => ((string)word, (string)layer))));

    [Theory, MemberData(nameof(Both))]
    public void Scores_are_finite_not_negative_and_of_the_matrix_shape(string criterion, string word)
    {
        using var scope = NewDisposeScope();
        foreach (var labelled in new[] { true, false })
        {
            var (score, weight) = Score(Of(word), criterion, 37, labelled);
            Assert.Equal([weight.Outputs, weight.Inputs * weight.Kernel], score.shape);
            Assert.Equal(Of(word).Outputs, weight.Outputs);
            Assert.Equal(ScalarType.Float32, score.dtype);
            Assert.True(score.isfinite().all().item<bool>() && score.ge(0).all().item<bool>());
            Assert.True(score.max().item<float>() > score.min().item<float>());
        }
    }

    [Theory, MemberData(nameof(Layers))]
    public void Magnitudes_are_those_of_the_weight_itself(string word)
    {
        using var scope = NewDisposeScope();
        var (score, weight) = Score(Of(word), "magnitude", 1);
        Assert.True(weight.FromMatrix(score).eq(Of(word).Values().abs()).all().item<bool>());
        (score, weight) = Score(Of(word), "magnitude-l2", 1);
        Assert.True(weight.FromMatrix(score).eq(Of(word).Values().square()).all().item<bool>());
    }

    [Theory, MemberData(nameof(Layers))]
    public void Gradient_weight_is_that_of_the_mean_loss_over_all_examples(string word)
    {
        using var scope = NewDisposeScope();
        var (score, weight) = Score(Of(word), "gradient-weight", 37);
        Equal((Of(word).Values() * Gradient(Of(word), 37, ..)).abs(), weight.FromMatrix(score));
    }

    [Theory, MemberData(nameof(Layers))]
    public void Taylor_squares_the_gradient_of_a_batch(string word)
    {
        using var scope = NewDisposeScope();
        var (score, weight) = Score(Of(word), "taylor", 32);
        Equal((Of(word).Values() * Gradient(Of(word), 32, ..)).square(), weight.FromMatrix(score));
    }

    [Theory, MemberData(nameof(Layers))]
    public void Fisher_equals_a_loop_over_single_examples(string word)
    {
        using var scope = NewDisposeScope();
        var (score, weight) = Score(Of(word), "fisher", 9);
        var squares = Enumerable.Range(0, 9).Select(i => Gradient(Of(word), 9, i..(i + 1)).square()).Aggregate((sum, one) => sum + one) / 9;
        Equal(0.5 * Of(word).Values().square() * squares, weight.FromMatrix(score));
    }

    /// <summary>A classifier's row for a class that no example can be taken for.</summary>
    [Fact]
    public void Surgeon_takes_first_what_the_answers_do_not_feel()
    {
        using var scope = NewDisposeScope();
        var layer = Of("gemm");
        var model = SmallGraphs.Of(17, [SmallGraphs.Node("Gemm", ["x", "w", "b"], ["y"])], [TensorData.Of("x", new float[4], [1, 4])],
            [TensorData.Of("w", layer.Values().data<float>().ToArray(), layer.Shape), TensorData.Of("b", (float[])[0, 0, 0, 0, 0, -60], [6])], ["y"]).Proto;
        model.Graph.Input[0].Type.TensorType.Shape.Dim[0] = new() { DimParam = "batch" };
        using var network = new Network(new OnnxModel(model, "small.onnx"));
        using var examples = new InMemory("x", layer.Inputs(37), null);
        using var statistics = Collect(network, examples, Criterion.All["surgeon"].Needs, 37);
        var rows = Criterion.All["surgeon"].Score(network.Weights[0], statistics).amax([1]).data<float>().ToArray();
        Assert.All(rows[..5], row => Assert.True(rows[5] < 1e-6 * row, $"{rows[5]} beside {row}"));
    }

    [Fact]
    public void With_batches_of_one_taylor_is_twice_fisher()
    {
        using var scope = NewDisposeScope();
        Equal(Score(Of("convolution"), "taylor", 9, batch: 1).Score, 2 * Score(Of("convolution"), "fisher", 9).Score);
    }

    [Theory, MemberData(nameof(Layers))]
    public void Activation_frequency_equals_a_count(string word)
    {
        using var scope = NewDisposeScope();
        var layer = Of(word);
        var (score, weight) = Score(layer, "activation-frequency", 37);
        var x = layer.Inputs(37);
        var (values, channels) = (x.contiguous().data<float>().ToArray(), layer.Input[0]);
        var (active, seen, inside) = (new long[channels], new long[channels], layer.Input[1..].Aggregate(1L, (a, b) => a * b));
        for (var i = 0; i < values.Length; i++)
        {
            var channel = i / inside % channels;
            seen[channel]++;
            if (values[i] != 0) active[channel]++;
        }
        var expected = new float[weight.Elements];
        for (var i = 0; i < expected.Length; i++)
        {
            var (output, input) = (i / (weight.Inputs * weight.Kernel), i / weight.Kernel % weight.Inputs);
            var channel = output / (weight.Outputs / layer.Groups) * weight.Inputs + input;
            if (layer.Groups == 1) channel = input;
            expected[i] = (float)active[channel] / seen[channel];
        }
        Equal(tensor(expected).reshape(weight.Outputs, -1) * weight.Matrix.abs(), score);
    }

    [Theory]
    [InlineData(8), InlineData(64)]
    public void A_graph_of_fixed_batch_size_is_given_whole_batches(int batch)
    {
        using var scope = NewDisposeScope();
        foreach (var criterion in Criterion.All.Keys)
            Assert.True(Score(Of("gemm"), criterion, 37, batch: batch).Score.isfinite().all().item<bool>());
        // a whole number of times each example: nothing is counted more than another
        Equal(Score(Of("gemm"), "activation-frequency", 32).Score, Score(Of("gemm"), "activation-frequency", 32, batch: batch).Score);
    }

    [Fact]
    public void Random_follows_from_the_seed_and_the_weight_alone()
    {
        using var scope = NewDisposeScope();
        using var one = new Statistics(1);
        using var again = new Statistics(1);
        using var other = new Statistics(2);
        using var network = new Network(Of("gemm").Model());
        var weight = network.Weights[0];
        Assert.True(one.Uniform(weight).eq(again.Uniform(weight)).all().item<bool>());
        Assert.True(one.Uniform(weight).ne(other.Uniform(weight)).all().item<bool>());
        Assert.True(one.Uniform(weight).ge(0).all().item<bool>() && one.Uniform(weight).lt(1).all().item<bool>());
        Assert.True(one.Uniform(weight).ne(one.Uniform(Granularities.Weights.Of(zeros(6, 4), name: "v"))).any().item<bool>());
    }

    [Theory, MemberData(nameof(Words))]
    public void Collecting_changes_no_weight_and_leaves_no_gradient(string criterion)
    {
        using var scope = NewDisposeScope();
        using var network = new Network(Of("convolution").Model());
        using var examples = new InMemory("x", Of("convolution").Inputs(9), Of("convolution").Labels(9));
        using var statistics = Collect(network, examples, Criterion.All[criterion].Needs, 9);
        Assert.True(network.Parameters["w"].detach().eq(Of("convolution").Values()).all().item<bool>());
        Assert.Null(network.Parameters["w"].grad);
    }

    [Fact]
    public void Without_examples_the_message_names_a_way_out()
    {
        using var network = new Network(Of("gemm").Model());
        Assert.Equal("criterion: needs examples to look at; give --data, or take --criterion magnitude",
            Assert.Throws<SecateurException>(() => Collect(network, null, Needs.Gradients, 9)).Message);
        using var statistics = new Statistics(1);
        Assert.Equal("weight 'w': no example reached it; give more data, or keep it with --keep w",
            Assert.Throws<SecateurException>(() => statistics.Gradient(network.Weights[0])).Message);
    }

    [Fact]
    public void Each_has_one_line_for_the_help() => Assert.All(Criterion.All.Values, criterion => Assert.InRange(criterion.Summary.Split('\n').Single().Length, 10, 110));

    private static Layer Of(string word) => Layer.All.Single(layer => layer.Word == word);

    private static (Tensor Score, Weight Weight) Score(Layer layer, string criterion, int count, bool labelled = true, long? batch = null)
    {
        var network = new Network(layer.Model(batch));
        using var examples = new InMemory("x", layer.Inputs(count), labelled ? layer.Labels(count) : null);
        using var statistics = Collect(network, examples, Criterion.All[criterion].Needs, count);
        return (Criterion.All[criterion].Score(network.Weights.Single(), statistics), network.Weights[0]);
    }

    private static Statistics Collect(Network network, Examples? examples, Needs needs, int count) =>
        Calibration.Collect(network, Learning.Of(network, examples), examples, needs, count, seed: 5, _ => { }, TestContext.Current.CancellationToken);

    /// <summary>Of the mean loss over some of the examples, in the weight's own shape; the network has no part in it.</summary>
    private static Tensor Gradient(Layer layer, int count, Range which)
    {
        var weight = new Parameter(layer.Values(), requires_grad: true);
        var (from, length) = which.GetOffsetAndLength(count);
        functional.cross_entropy(layer.Logits(layer.Inputs(count).narrow(0, from, length), weight), tensor(layer.Labels(count)[which])).backward();
        return weight.grad!;
    }

    private static void Equal(Tensor expected, Tensor actual) =>
        Assert.True(allclose(expected, actual, rtol: 1e-4, atol: 1e-7), $"largest difference {(expected - actual).abs().max().item<float>()}");
}
