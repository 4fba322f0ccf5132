using Secateur.Criteria;
using Secateur.Execution;
using Secateur.Testing;
using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Secateur.Tests.Criteria;

[Collection(nameof(Evaluation.Alone))]
public class CriterionTests
{
    public CriterionTests() => Threads.Use(1);

    [Fact]
    public void Scores_are_finite_not_negative_and_shaped_as_the_matrix()
    {
        using var scope = NewDisposeScope();
        using var data = SmallPictures.Open();
        using var network = Pictures();
        foreach (var (name, criterion) in Criterion.All)
        {
            using var statistics = Collect(network, data, criterion.Needs, 64);
            foreach (var weight in network.Weights)
            {
                var scores = criterion.Score(weight, statistics);
                Assert.Equal(weight.Matrix.shape, scores.shape);
                Assert.True(scores.isfinite().all().item<bool>() && scores.ge(0).all().item<bool>(), $"{name}, {weight.Name}");
                Assert.True(scores.sum().item<float>() > 0, $"{name}, {weight.Name}");
            }
        }
    }

    [Fact]
    public void Gradient_criteria_are_those_of_a_plain_loop()
    {
        using var scope = NewDisposeScope();
        using var data = SmallPictures.Open();
        using var network = Pictures();
        const int Count = 64;
        foreach (var (needs, batch) in new[] { (Needs.Gradients, 32), (Needs.ExampleGradients, 1) })
        {
            using var statistics = Collect(network, data, needs, Count);
            // the same examples: the shuffle of the run's seed
            var order = Enumerable.Range(0, (int)data.Train.Count).Select(number => (long)number).ToArray();
            Seeds.Random(1, "calibration").Shuffle(order);
            Dictionary<string, Tensor> means = [], squares = [];
            for (var start = 0; start < Count; start += batch)
            {
                var indices = order[start..(start + batch)];
                foreach (var parameter in network.Parameters.Values) parameter.grad = null;
                var labels = tensor(indices.Select(index => data.Train.Labels!.Value[(int)index]).ToArray());
                functional.cross_entropy(network.Run(data.Train.Read(indices))[0], labels).backward();
                foreach (var weight in network.Weights)
                {
                    var gradient = weight.Tensor.grad!.clone() / (Count / batch);
                    means[weight.Name] = means.TryGetValue(weight.Name, out var mean) ? mean + gradient : gradient;
                    var square = gradient.square() * (Count / batch);
                    squares[weight.Name] = squares.TryGetValue(weight.Name, out var sum) ? sum + square : square;
                }
            }
            foreach (var weight in network.Weights)
            {
                Assert.True(statistics.Gradient(weight).allclose(weight.ToMatrix(means[weight.Name]), 1e-4, 1e-7));
                Assert.True(statistics.SquaredGradient(weight).allclose(weight.ToMatrix(squares[weight.Name]), 1e-4, 1e-9));
            }
        }
    }

    [Fact]
    public void Activation_frequency_is_the_share_of_inputs_that_are_not_zero()
    {
        using var scope = NewDisposeScope();
        using var data = SmallPictures.Open();
        using var network = Pictures();
        using var statistics = Collect(network, data, Needs.Activations, (int)data.Train.Count);
        var seen = new List<Tensor>();
        using (no_grad())
            network.Run(data.Train.Read([.. Enumerable.Range(0, (int)data.Train.Count).Select(number => (long)number)]), default, (node, inputs, _) =>
            {
                if (node.OpType == "Conv" && node.Inputs[1] == "w2") seen.Add(inputs[0]!.ne(0).to_type(ScalarType.Float32).mean([0, 2, 3]));
            });
        var frequency = statistics.InputFrequency(network.Weights.Single(weight => weight.Name == "w2")).reshape(6, 4, 9);
        Assert.True(frequency.allclose(seen[0].reshape(1, 4, 1).expand(6, 4, 9), 1e-4, 1e-5));
        Assert.True(seen[0].min().item<float>() < 0.99f);
    }

    [Fact]
    public void Random_follows_the_seed_and_the_layer()
    {
        using var scope = NewDisposeScope();
        using var network = Pictures();
        float[] Draw(long seed, int layer)
        {
            using var statistics = new Statistics(seed);
            return Criterion.All["random"].Score(network.Weights[layer], statistics).Values();
        }

        Assert.Equal(Draw(1, 1), Draw(1, 1));
        Assert.NotEqual(Draw(1, 1), Draw(2, 1));
        Assert.NotEqual(Draw(1, 1)[..30], Draw(1, 2)[..30]);
    }

    [Fact]
    public void Layer_that_no_example_reached_is_named()
    {
        using var network = Pictures();
        using var statistics = new Statistics(1);
        Assert.Contains("'w1': no example reached it", Assert.Throws<SecateurException>(() => Criterion.All["taylor"].Score(network.Weights[0], statistics)).Message);
    }

    private static Statistics Collect(Network network, Secateur.Data.DataSet data, Needs needs, int count) =>
        Calibration.Collect(network, new Objective(network.Graph, 0, 1), data.Train, needs, count, 1, _ => { }, default);

    /// <summary>8×8 pictures through two convolutions, the second after ReLU, a grouped one, and a matrix.</summary>
    private static Network Pictures() => Nets.Of(
        [
            SmallGraphs.Node("Conv", ["input", "w1"], ["h1"]), SmallGraphs.Node("Relu", ["h1"], ["r1"]),
            SmallGraphs.Node("Conv", ["r1", "w2"], ["h2"]), SmallGraphs.Node("Relu", ["h2"], ["r2"]),
            SmallGraphs.Node("Conv", ["r2", "w3"], ["h3"], ("group", 2L)), SmallGraphs.Node("Flatten", ["h3"], ["f"]),
            SmallGraphs.Node("MatMul", ["f", "w4"], ["y"]),
        ],
        [4, 1, 8, 8], [("w1", [4, 1, 3, 3]), ("w2", [6, 4, 3, 3]), ("w3", [4, 3, 3, 3]), ("w4", [16, 4])], 1, "input");
}
