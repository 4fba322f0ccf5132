using System.Collections.Immutable;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Secateur.Architectures;
using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Secateur.Tests.Architectures;

public sealed class ArchitectureTests
{
    private static readonly ArchitectureOptions Mnist = new() { InputShape = [1, 28, 28], Classes = 10 };
    private static readonly ArchitectureOptions Cifar = new() { InputShape = [3, 32, 32], Classes = 10 };

    /// <summary>Each architecture for some examples, with the parameters counted by hand from its paper's layers.</summary>
    private static readonly ImmutableArray<(string Name, ArchitectureOptions Options, long Parameters)> Table =
    [
        ("lenet-300-100", Mnist, 784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10),
        ("lenet-5", Mnist, 20 * 25 + 20 + 50 * 20 * 25 + 50 + 800 * 500 + 500 + 500 * 10 + 10),
        ("resnet-8", Mnist, 77_754),
        ("resnet-8", Cifar, 78_042),
        ("resnet-20", Cifar, 272_474),
        ("resnet-56", Cifar, 855_770),
    ];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Table.Length)];

    public static TheoryData<string> Names => [.. Architecture.All.Keys.Order()];

    [Theory, MemberData(nameof(Names))]
    public void Every_architecture_is_in_this_table(string name) => Assert.Contains(Table, row => row.Name == name);

    [Theory, MemberData(nameof(Names))]
    public void Its_summary_is_one_line_and_its_recipe_is_in_range(string name)
    {
        var architecture = Architecture.Named(name);
        Assert.InRange(architecture.Summary.Length, 20, 110);
        Assert.DoesNotContain('\n', architecture.Summary);
        Assert.InRange(architecture.Defaults.Epochs, 1, 100);
        Assert.Contains(architecture.Defaults.Optimizer, new[] { "sgd", "adam", "adamw" });
    }

    [Theory, MemberData(nameof(Rows))]
    public void Has_the_parameters_of_its_paper(int row)
    {
        var (name, options, parameters) = Table[row];
        using var network = new Network(Architecture.Named(name).Build(options, 1));
        Assert.Equal(parameters, network.Parameters.Values.Sum(parameter => parameter.numel()));
        Assert.Equal(parameters, Architecture.Named(name).Parameters(options));
    }

    [Theory, MemberData(nameof(Rows))]
    public void Same_seed_same_bytes_and_another_seed_other_bytes(int row)
    {
        var (name, options, _) = Table[row];
        var one = Architecture.Named(name).Build(options, 7).Proto.ToByteArray();
        Assert.Equal(one, Architecture.Named(name).Build(options, 7).Proto.ToByteArray());
        Assert.NotEqual(one, Architecture.Named(name).Build(options, 8).Proto.ToByteArray());
    }

    [Theory, MemberData(nameof(Rows))]
    public void Our_network_equals_ONNX_Runtime_for_any_batch(int row)
    {
        var (name, options, _) = Table[row];
        var model = Architecture.Named(name).Build(options, 3);
        using var session = new InferenceSession(model.Proto.ToByteArray());
        using var network = new Network(model);
        foreach (var batch in new[] { 1, 3 })
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            var input = model.Graph.Inputs.Single();
            var shape = input.ShapeWith(batch);
            var example = Example(shape, options.Vocabulary);
            var runtime = Runtime(session, input.Name, example);
            var ours = network.Run(new Dictionary<string, Tensor> { [input.Name] = example }).Single();
            Assert.Equal([batch, options.Classes], ours.shape);
            Assert.Equal([batch, options.Classes], runtime.Dimensions.ToArray());
            foreach (var (expected, actual) in runtime.ToArray().Zip(ours.data<float>().ToArray()))
                Assert.Equal(expected, actual, tolerance: 1e-4f * Math.Max(1, Math.Abs(expected)));
        }
    }

    [Theory, MemberData(nameof(Rows))]
    public void First_logits_are_finite_and_of_moderate_size(int row)
    {
        var (name, options, _) = Table[row];
        var model = Architecture.Named(name).Build(options, 5);
        using var session = new InferenceSession(model.Proto.ToByteArray());
        using var scope = NewDisposeScope();
        var logits = Runtime(session, model.Graph.Inputs.Single().Name, Example(model.Graph.Inputs.Single().ShapeWith(8), options.Vocabulary)).ToArray();
        Assert.All(logits, logit => Assert.InRange(logit, -50, 50));
        Assert.True(logits.Max() - logits.Min() > 1e-3, "the logits are all alike");
    }

    [Fact]
    public void An_unknown_name_lists_the_known_ones_and_suggests_the_nearest()
    {
        var error = Assert.Throws<SecateurException>(() => Architecture.Named("resnet20"));
        Assert.StartsWith("architecture 'resnet20': is not known; did you mean resnet-20?", error.Message);
        Assert.All(Architecture.All.Keys, known => Assert.Contains(known, error.Message));
    }

    [Fact]
    public void A_picture_without_channels_is_grey()
    {
        var model = Architecture.Named("lenet-5").Build(Mnist with { InputShape = [28, 28] }, 1);
        Assert.Equal([null, 1, 28, 28], model.Graph.Inputs.Single().Shape);
        Assert.Equal("batch", model.Graph.Inputs.Single().Symbols[0]);
    }

    [Theory]
    [InlineData("resnet-8", new long[] { 13 }, 10, 1, "architecture 'resnet-8': takes pictures [channels, height, width], the data has shape [13]; take mlp for a table, text-cnn for texts")]
    [InlineData("lenet-5", new long[] { 1, 8, 8 }, 10, 1, "architecture 'lenet-5': takes pictures of at least 16x16, the data has shape [1, 8, 8]; scale them up, or take lenet-300-100")]
    [InlineData("lenet-5", new long[] { 1, 28, 0 }, 10, 1, "every size must be at least 1")]
    [InlineData("lenet-5", new long[] { 1, 1 << 30, 1 << 30 }, 10, 1, "scale them down")]
    [InlineData("lenet-300-100", new long[] { 3, 5_000, 5_000 }, 10, 1, "would have 22,500,031,410 parameters")]
    [InlineData("lenet-5", new long[] { 28, 28 }, 1, 1, "cannot tell 1 classes apart; give labels of at least 2")]
    [InlineData("lenet-5", new long[] { 28, 28 }, 10, 0, "cannot have width 0; give a number above 0")]
    [InlineData("lenet-5", new long[] { 28, 28 }, 10, double.NaN, "cannot have width NaN")]
    public void Options_that_do_not_fit_say_how_to_mend_them(string name, long[] shape, int classes, double width, string message)
    {
        ArchitectureOptions options = new() { InputShape = [.. shape], Classes = classes, Width = width };
        Assert.Contains(message, Assert.Throws<SecateurException>(() => Architecture.Named(name).Build(options, 1)).Message);
    }

    internal static Tensor Example(long[] shape, int vocabulary)
    {
        using var generator = new TorchSharp.torch.Generator(11);
        return vocabulary > 0 ? randint(vocabulary, shape, dtype: ScalarType.Int64, generator: generator) : rand(shape, generator: generator);
    }

    internal static DenseTensor<float> Runtime(InferenceSession session, string input, Tensor example)
    {
        int[] shape = [.. example.shape.Select(size => (int)size)];
        var value = example.dtype == ScalarType.Int64
            ? NamedOnnxValue.CreateFromTensor(input, new DenseTensor<long>(example.data<long>().ToArray(), shape))
            : NamedOnnxValue.CreateFromTensor(input, new DenseTensor<float>(example.data<float>().ToArray(), shape));
        using var results = session.Run([value]);
        return results.Single().AsTensor<float>().ToDenseTensor();
    }
}
