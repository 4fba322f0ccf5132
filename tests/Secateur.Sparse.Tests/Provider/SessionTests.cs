using Microsoft.ML.OnnxRuntime;
using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Sparse.Tests.Provider;

[Collection(nameof(Alone))]
public sealed class SessionTests
{
    private const long Mega = 1 << 20;

    public static TheoryData<string> Levels => [.. Library.Images.Keys];

    [Theory, MemberData(nameof(Levels))]
    public void Each_level_equals_ONNX_Runtime(string level)
    {
        Assert.Equal(level == "loader" ? Library.Images.Keys.First(name => name != "loader") : level, Library.Images[level].EpMetadata.Entries["level"]);
        foreach (var (_, make) in Cases.All.Values)
        {
            var graph = new Case(11, 0.85);
            Law.Holds(graph.OpenModel(make(graph)), [graph.Inputs], Library.Images[level], threads: 2);
        }
    }

    [Fact]
    public void Eight_threads_get_the_same_bytes_in_each_of_a_thousand_runs()
    {
        var (model, inputs) = Mixed();
        using var run = new Run(model, Library.Device, 2, ("force", "1"));
        var given = Enumerable.Range(1, 8).Select(tokens => inputs(1 + 9 * tokens)).ToArray();
        var first = given.Select(input => run.Of(input)).ToArray();
        var different = 0;
        var threads = given.Select((input, i) => new Thread(() =>
        {
            for (var time = 0; time < 1000; time++)
                if (!Same(run.Of(input), first[i])) Interlocked.Increment(ref different);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, different);

        static bool Same((long[], float[] Values)[] left, (long[], float[] Values)[] right) => left.Zip(right).All(pair => pair.First.Values.AsSpan().SequenceEqual(pair.Second.Values));
    }

    [Fact]
    public void Two_hundred_sessions_leave_nothing() => Opens(200);

    [Fact(Explicit = true)]
    [Trait("category", "slow")]
    public void Ten_thousand_sessions_leave_nothing() => Opens(10_000);

    [Theory]
    [InlineData("threshold", "2", "option 'threshold' is '2'; it takes a share of zeros from 0 to 1")]
    [InlineData("threshold", "much", "option 'threshold' is 'much'; it takes a share of zeros from 0 to 1")]
    [InlineData("threads", "-1", "option 'threads' is '-1'; it takes a number, 0 for all of the session's")]
    [InlineData("force", "yes", "option 'force' is 'yes'; it takes 0 or 1")]
    [InlineData("verbose", "", "option 'verbose' is ''; it takes 0 or 1")]
    [InlineData("treshold", "0.5", "has no option 'treshold'; it has threshold, threads, force, values, verbose, report")]
    [InlineData("values", "int8", "option 'values' is 'int8'; it takes float32, bfloat16 or float16")]
    [InlineData("report", "/nowhere/at/all", "option 'report': ")]
    public void A_wrong_option_is_told(string key, string value, string message)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        options.AppendExecutionProvider(OrtEnv.Instance(), [Library.Device], new Dictionary<string, string> { [key] = value });
        var graph = new Case(12, 0.9);
        var model = Google.Protobuf.MessageExtensions.ToByteArray(graph.Model(Cases.Biased(graph)));
        Assert.Contains($"{Library.ProviderName}: {message}", Assert.Throws<OnnxRuntimeException>(() => new InferenceSession(model, options)).Message);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("7")]
    public void Fewer_threads_do_the_same(string threads)
    {
        var (model, inputs) = Mixed();
        using var all = new Run(model, Library.Device, 2, ("force", "1"));
        using var fewer = new Run(model, Library.Device, 2, ("force", "1"), ("threads", threads));
        var input = inputs(300);
        Law.Equal(all.Of(input), fewer.Of(input));
    }

    [Fact]
    public void A_wrong_shape_is_told_and_the_session_lives_on()
    {
        var graph = new Case(13, 0.9);
        var x = graph.Input(3, 40);
        var model = graph.Model(graph.Node("MatMul", [x, graph.Weight(40, 8)]));
        model.Graph.Input[0].Type.TensorType.Shape.Dim[1].DimParam = "wide";
        using var run = new Run(model, Library.Device, 1, ("force", "1"));
        var wrong = TensorData.Of(x, new float[3 * 39], 3, 39);
        Assert.Contains("its input's last axis is 39, its weight wants 40", Assert.Throws<OnnxRuntimeException>(() => run.Of(wrong)).Message);
        Assert.Equal([3, 8], run.Of(graph.Inputs)[0].Shape);
    }

    /// <summary>By what the process holds after as many sessions again.</summary>
    private static void Opens(int sessions)
    {
        var (model, inputs) = Mixed();
        var input = inputs(100);
        for (var i = 0; i < 50; i++) Open();
        GC.Collect();
        var before = Environment.WorkingSet;
        for (var i = 0; i < sessions; i++) Open();
        GC.Collect(); // of the tests' own
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 24 * Mega);

        void Open()
        {
            using var run = new Run(model, Library.Device, 2, ("force", "1"));
            run.Of(input);
        }
    }

    /// <summary>A chain and a convolution with residuals, 400 KB of weights; inputs by the number of tokens.</summary>
    private static (ModelProto Model, Func<int, TensorProto[]> Inputs) Mixed()
    {
        var graph = new Case(10, 0.8);
        var (x, image) = (graph.Input(1, 96), graph.Input(1, 16, 20, 20));
        var inner = graph.Node("Gelu", [graph.Node("MatMul", [x, graph.Weight(96, 384)])]);
        var chain = graph.Node("Add", [graph.Node("MatMul", [inner, graph.Weight(384, 96)]), x]);
        var convolution = graph.Node("Relu", [graph.Node("Add", [graph.Node("Conv", [image, graph.Weight(16, 16, 3, 3)], ("pads", new long[] { 1, 1, 1, 1 })), image])]);
        return (graph.OpenModel(chain, convolution), tokens =>
        {
            var random = new Random(tokens);
            return [TensorData.Of(x, Draw.Values(random, tokens * 96), tokens, 96), TensorData.Of(image, Draw.Values(random, 16 * 20 * 20), 1, 16, 20, 20)];
        }
        );
    }
}
