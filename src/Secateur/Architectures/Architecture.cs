using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Architectures;

/// <summary>A network that <c>train</c> makes from scratch, as an ONNX graph with weights drawn by the seed.</summary>
public abstract class Architecture
{
    private const string NameKey = "secateur.architecture";
    private const string WidthKey = "secateur.width";
    private const string OptionsKey = "secateur.options";
    private const double LargestExample = 1e8; // values
    private const double LargestWidth = 64;
    private const long MostParameters = 500_000_000; // an ONNX file holds 2 GB
    private const int Steps = 10_000; // of width, from none to that of the model

    private static readonly JsonSerializerOptions OneLine = new(Json.Options) { WriteIndented = false };

    /// <summary>By the name that the command line takes.</summary>
    public static FrozenDictionary<string, Architecture> All { get; } = new Architecture[]
    {
        new LeNet300(),
        new LeNet5(),
        new ConvNet(convolutions: 2),
        new ConvNet(convolutions: 4),
        new ConvNet(convolutions: 6),
        new ResNet(blocks: 1),
        new ResNet(blocks: 3),
        new ResNet(blocks: 9),
        new MobileNetV2(),
        new VisionTransformer(),
        new Mlp(),
        new TextCnn(),
    }.ToFrozenDictionary(architecture => architecture.Name);

    /// <summary>As the command line writes it.</summary>
    public abstract string Name { get; }

    /// <summary>One line for the help.</summary>
    public abstract string Summary { get; }

    /// <summary>How it is trained unless told otherwise.</summary>
    public abstract TrainingRecipe Defaults { get; }

    /// <exception cref="SecateurException">No architecture has this name; the message lists those that are known.</exception>
    public static Architecture Named(string name) => All.GetValueOrDefault(name) ?? throw new SecateurException(
        $"architecture '{name}': is not known; did you mean {All.Keys.MinBy(known => (Distance(name, known), known))}? "
        + $"There are {string.Join(", ", All.Keys.Order())}");

    /// <summary>Builds the graph. The same options and seed give the same bytes.</summary>
    /// <returns>
    /// One input: <c>input</c> [batch, channels, height, width], float32 pixels in [0, 1]; or <c>features</c> [batch, columns], float32;
    /// or <c>input_ids</c> [batch, length], int64. One output: <c>logits</c> [batch, classes].
    /// </returns>
    /// <exception cref="SecateurException">The options do not fit the architecture.</exception>
    public OnnxModel Build(ArchitectureOptions options, long seed)
    {
        if (Parameters(options) is > MostParameters and var parameters)
            throw Error(Invariant(
                $"would have {parameters:N0} parameters, which one ONNX file cannot hold; take smaller examples or a smaller width"));
        var model = Draw(options, seed).ToModel();
        model.SetMetadata(NameKey, Name);
        model.SetMetadata(WidthKey, options.Width.ToString(CultureInfo.InvariantCulture));
        model.SetMetadata(OptionsKey, JsonSerializer.Serialize(options, OneLine));
        return model;
    }

    /// <summary>How many values <see cref="Build"/> would have to learn: weights, biases, scales, embeddings.</summary>
    /// <exception cref="SecateurException">The options do not fit the architecture.</exception>
    public long Parameters(ArchitectureOptions options) => Draw(options, seed: null).Parameters;

    /// <summary>What <see cref="Build"/> wrote into the file; null for models from elsewhere.</summary>
    public static (Architecture Architecture, ArchitectureOptions Options)? Recognize(OnnxModel model)
    {
        if (model.Metadata(NameKey) is not { } name || model.Metadata(OptionsKey) is not { } json) return null;
        if (!All.TryGetValue(name, out var architecture)) return null;
        try
        {
            return JsonSerializer.Deserialize<ArchitectureOptions>(json, OneLine) is { } options ? (architecture, options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The same architecture, made narrower: the widest with at most <paramref name="parameters"/> parameters, untrained.</summary>
    /// <param name="like">Its metadata says its architecture; never made wider than this.</param>
    /// <param name="parameters">The most that it may have to learn.</param>
    /// <param name="seed">Decides the first weights.</param>
    public static SmallDenseModel SmallDense(OnnxModel like, long parameters, long seed)
    {
        if (Recognize(like) is not var (architecture, options))
            return new(null, "the file does not say which architecture it is, so no small dense model could be made");
        ArchitectureOptions At(int step) => step == Steps ? options : options with { Width = options.Width * step / Steps };
        if (architecture.Parameters(At(1)) is var least && least > parameters)
            return new(null, Invariant($"even the narrowest {architecture.Name} has {least:N0} parameters, more than {parameters:N0}"));
        var (fits, exceeds) = (1, Steps + 1);
        while (exceeds - fits > 1)
        {
            var middle = (fits + exceeds) / 2;
            if (architecture.Parameters(At(middle)) <= parameters) fits = middle;
            else exceeds = middle;
        }
        var chosen = At(fits);
        return new(architecture.Build(chosen, seed),
            Invariant($"{architecture.Name} of width {chosen.Width:0.####} with {architecture.Parameters(chosen):N0} parameters"));
    }

    /// <summary>Adds inputs and layers.</summary>
    /// <returns>The logits [classes].</returns>
    private protected abstract string Layers(GraphBuilder graph, ArchitectureOptions options);

    /// <summary>The input <c>input</c> [C, H, W].</summary>
    private protected string Picture(GraphBuilder graph, ArchitectureOptions options, long smallest)
    {
        var shape = options.InputShape;
        if (shape.Length == 2) shape = [1, .. shape];
        if (shape.Length != 3)
            throw Error($"takes pictures [channels, height, width], the data has shape {Write(options)}; {Mend(shape.Length)}");
        if (Math.Min(shape[1], shape[2]) < smallest)
            throw Error($"takes pictures of at least {smallest}x{smallest}, the data has shape {Write(options)}; scale them up, or take lenet-300-100");
        return graph.Input("input", TensorProto.Types.DataType.Float, shape);
    }

    /// <summary>An error of the request: the fault and the mend, the architecture's name is put before it.</summary>
    private protected SecateurException Error(string faultAndMend) => new($"architecture '{Name}': {faultAndMend}");

    /// <summary>Parameters for 10 classes of such examples, for the summary.</summary>
    private protected string Millions(params ImmutableArray<long> shape) =>
        Invariant($"{Parameters(new() { InputShape = shape, Classes = 10 }) / 1e6:0.00} M parameters");

    private protected static string Write(ArchitectureOptions options) =>
        $"[{string.Join(", ", options.InputShape.IsDefault ? [] : options.InputShape)}]";

    private GraphBuilder Draw(ArchitectureOptions options, long? seed)
    {
        if (options.InputShape.IsDefaultOrEmpty || options.InputShape.Any(size => size < 1))
            throw Error($"cannot be made for examples of shape {Write(options)}; every size must be at least 1");
        if (options.InputShape.Aggregate(1.0, (product, size) => product * size) > LargestExample)
            throw Error($"cannot be made for examples of shape {Write(options)}; scale them down");
        if (options.Classes < 2) throw Error($"cannot tell {options.Classes} classes apart; give labels of at least 2");
        if (options.Width is not (> 0 and <= LargestWidth))
            throw Error(Invariant($"cannot have width {options.Width}; give a number above 0, at most {LargestWidth}"));
        var graph = new GraphBuilder(Name, seed);
        graph.Output(Layers(graph, options), "logits");
        return graph;
    }

    private static string Mend(int rank) => rank == 1 ? "take mlp for a table, text-cnn for texts" : "give one picture an example";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Edits from one word to the other (Levenshtein 1966).</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 0; i < one.Length; i++)
        {
            var (diagonal, left) = (row[0], row[0] = i + 1);
            for (var j = 0; j < other.Length; j++)
            {
                left = Math.Min(Math.Min(left, row[j + 1]) + 1, diagonal + (one[i] == other[j] ? 0 : 1));
                (diagonal, row[j + 1]) = (row[j + 1], left);
            }
        }
        return row[^1];
    }
}
