using System.Collections.Immutable;
using CsCheck;
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
    private static readonly ArchitectureOptions Wine = new() { InputShape = [13], Classes = 3 };
    private static readonly ArchitectureOptions News = new() { InputShape = [20], Classes = 4, Vocabulary = 100 };

    /// <summary>Each architecture for some examples, with the parameters counted by hand from its paper's layers.</summary>
    private static readonly ImmutableArray<(string Name, ArchitectureOptions Options, long Parameters)> Table =
    [
        ("lenet-300-100", Mnist, 784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10),
        ("lenet-5", Mnist, 20 * 25 + 20 + 50 * 20 * 25 + 50 + 800 * 500 + 500 + 500 * 10 + 10),
        ("conv-2", Cifar, 4_301_642),
        ("conv-4", Cifar, 2_425_930),
        ("conv-6", Cifar, 2_262_602),
        ("conv-6", Mnist, 1_145_408 - 2 * 64 * 9 + 3 * 3 * 256 * 256 + 256 + 256 * 256 + 256 + 2_570),
        ("resnet-8", Mnist, 77_754),
        ("resnet-8", Cifar, 78_042),
        ("resnet-20", Cifar, 272_474),
        ("resnet-56", Cifar, 855_770),
        ("mobilenet-v2-small", Mnist, 134_250),
        ("mobilenet-v2-small", Cifar, 134_538),
        ("mobilenet-v2-small", Cifar with { InputShape = [3, 64, 48] }, 134_538),
        ("vit-small", Mnist, 138_890),
        ("vit-small", Cifar, 141_898),
        ("mlp", Wine, 13 * 128 + 128 + 128 * 64 + 64 + 64 * 3 + 3),
        ("mlp", Wine with { Mean = [.. Enumerable.Range(0, 13).Select(i => 0.1f * i)], Std = [.. Enumerable.Range(1, 13).Select(i => 0.1f * i)] }, 10_243),
        ("text-cnn", News, 100 * 64 + (3 + 4 + 5) * 64 * 64 + 3 * 64 + 3 * 64 * 4 + 4),
    ];

    /// <summary>Test classes run side by side: on small tensors LibTorch's own threads would only spin.</summary>
    static ArchitectureTests() => set_num_threads(1);

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
        options = options with { Width = 0.5 };
        var one = Architecture.Named(name).Build(options, 7).Proto.ToByteArray();
        Assert.Equal(one, Architecture.Named(name).Build(options, 7).Proto.ToByteArray());
        Assert.NotEqual(one, Architecture.Named(name).Build(options, 8).Proto.ToByteArray());
    }

    [Theory, MemberData(nameof(Rows))]
    public void Our_network_equals_ONNX_Runtime_for_any_batch(int row)
    {
        var (name, options, _) = Table[row];
        var model = Architecture.Named(name).Build(options, 3);
        using var session = Session(model);
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
    public void Files_say_their_architecture_and_options(int row)
    {
        var (name, options, _) = Table[row];
        options = options with { Width = 0.5 };
        var path = Path.Combine(Directory.CreateTempSubdirectory("secateur").FullName, "model.onnx");
        try
        {
            Architecture.Named(name).Build(options, 1).Save(path);
            var model = OnnxModel.Load(path);
            var (architecture, read) = Architecture.Recognize(model) ?? throw new Xunit.Sdk.XunitException("not recognized");
            Assert.Same(Architecture.Named(name), architecture);
            Assert.Equal("0.5", model.Metadata("secateur.width"));
            Assert.Equal(options.InputShape.AsSpan(), read.InputShape.AsSpan());
            Assert.Equal(options.Mean.AsSpan(), read.Mean.AsSpan());
            Assert.Equal(options.Std.AsSpan(), read.Std.AsSpan());
            Assert.Equal((options.Classes, options.Width, options.Vocabulary), (read.Classes, read.Width, read.Vocabulary));
            Assert.Equal(model.Proto, architecture.Build(read, 1).Proto);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    [Theory]
    [InlineData("secateur.architecture", "alexnet")]
    [InlineData("secateur.options", "{")]
    [InlineData("secateur.options", "null")]
    [InlineData("secateur.options", """{"classes": 10}""")]
    [InlineData("secateur.options", """{"inputShape": null, "classes": 10}""")]
    public void Files_with_strange_metadata_are_not_recognized(string key, string value)
    {
        var model = Architecture.Named("lenet-5").Build(Mnist, 1);
        model.SetMetadata(key, value);
        Assert.Null(Architecture.Recognize(model));
    }

    [Theory, MemberData(nameof(Rows))]
    public void Training_starts_with_moderate_logits_and_a_gradient_for_every_parameter(int row)
    {
        var (name, options, _) = Table[row];
        using var network = new Network(Architecture.Named(name).Build(options with { Width = 0.5 }, 5));
        using var scope = NewDisposeScope();
        var input = network.Graph.Inputs.Single();
        var example = Example(input.ShapeWith(4), options.Vocabulary);
        var logits = network.Run(new Dictionary<string, Tensor> { [input.Name] = example }, new Mode(Training: true)).Single();
        Assert.All(logits.data<float>().ToArray(), logit => Assert.InRange(logit, -50, 50));
        nn.functional.cross_entropy(logits, arange(4) % options.Classes).backward();
        // a key's bias moves all scores of a row alike, which softmax does not see
        Assert.All(network.Parameters.Where(parameter => !parameter.Key.EndsWith("key.bias")), parameter => Assert.True(parameter.Value.grad?.abs().max().item<float>() is > 0 and < 1e3f, parameter.Key));
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
    [InlineData("conv-6", new long[] { 3, 7, 32 }, 10, 1, "takes pictures of at least 8x8")]
    [InlineData("mobilenet-v2-small", new long[] { 3, 7, 7 }, 10, 1, "takes pictures of at least 8x8")]
    [InlineData("vit-small", new long[] { 3, 29, 28 }, 10, 1, "scale them to 28x28 or 32x32")]
    [InlineData("vit-small", new long[] { 2, 3, 28, 28 }, 10, 1, "give one picture an example")]
    [InlineData("mlp", new long[] { 1, 28, 28 }, 10, 1, "architecture 'mlp': takes a row of numbers, the data has shape [1, 28, 28]; take lenet-300-100")]
    [InlineData("text-cnn", new long[] { 28, 28 }, 10, 1, "takes rows of token numbers")]
    [InlineData("text-cnn", new long[] { 4 }, 10, 1, "takes texts of at least 5 tokens, the data has 4; pad them")]
    [InlineData("text-cnn", new long[] { 20 }, 10, 1, "needs the size of the vocabulary")]
    [InlineData("lenet-5", new long[] { 28, 28 }, 1, 1, "cannot tell 1 classes apart; give labels of at least 2")]
    [InlineData("lenet-5", new long[] { 28, 28 }, 10, 0, "cannot have width 0; give a number above 0")]
    [InlineData("lenet-5", new long[] { 28, 28 }, 10, double.NaN, "cannot have width NaN")]
    public void Options_that_do_not_fit_say_how_to_mend_them(string name, long[] shape, int classes, double width, string message)
    {
        ArchitectureOptions options = new() { InputShape = [.. shape], Classes = classes, Width = width };
        Assert.Contains(message, Assert.Throws<SecateurException>(() => Architecture.Named(name).Build(options, 1)).Message);
    }

    [Fact]
    public void A_table_needs_a_mean_and_a_positive_deviation_for_each_column()
    {
        string Message(ArchitectureOptions options) => Assert.Throws<SecateurException>(() => Architecture.Named("mlp").Build(options, 1)).Message;
        Assert.Contains("has 13 columns but 2 values of Mean", Message(Wine with { Mean = [0, 1] }));
        Assert.Contains("not above 0", Message(Wine with { Std = [.. Enumerable.Repeat(0f, 13)] }));
        Assert.Contains("cannot take NaN or infinity as Mean", Message(Wine with { Mean = [.. Enumerable.Repeat(float.NaN, 13)] }));
    }

    [Fact]
    public void A_table_is_standardized_in_the_graph()
    {
        var plain = Architecture.Named("mlp").Build(Wine, 1);
        var scaled = Architecture.Named("mlp").Build(
            Wine with { Mean = [.. Enumerable.Repeat(3f, 13)], Std = [.. Enumerable.Repeat(2f, 13)] }, 1);
        using var one = Session(plain);
        using var other = Session(scaled);
        using var scope = NewDisposeScope();
        var example = Example([4, 13], 0);
        Assert.Equal(Runtime(one, "features", example).ToArray(), Runtime(other, "features", example * 2 + 3).ToArray(), (a, b) => Math.Abs(a - b) < 1e-4);
    }

    [Fact]
    public void Any_width_and_size_gives_a_graph_that_ONNX_Runtime_runs() =>
        Gen.Select(Gen.Int[0, Architecture.All.Count - 1].Select(index => Architecture.All.Keys.Order().ElementAt(index)), Gen.Double[0.01, 0.3], Gen.Int[5, 12], Gen.Int[2, 5], Gen.Int[1, 3])
            .Sample((name, width, quarter, classes, batch) =>
            {
                ImmutableArray<long> shape = name is "mlp" or "text-cnn" ? [quarter] : [2, 4 * quarter, 20];
                var model = Architecture.Named(name).Build(new() { InputShape = shape, Classes = classes, Width = width, Vocabulary = 9 }, 1);
                using var session = Session(model);
                using var scope = NewDisposeScope();
                var input = model.Graph.Inputs.Single();
                var logits = Runtime(session, input.Name, Example(input.ShapeWith(batch), input.Name == "input_ids" ? 9 : 0));
                Assert.Equal([batch, classes], logits.Dimensions.ToArray());
            }, iter: 40, threads: 1);

    /// <summary>Of one thread: more would wait for each other by spinning, beside LibTorch's own.</summary>
    internal static InferenceSession Session(OnnxModel model)
    {
        using SessionOptions options = new() { IntraOpNumThreads = 1 };
        return new InferenceSession(model.Proto.ToByteArray(), options);
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
