using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Testing;

/// <summary>The suite of architectures. Their graphs are real exports (<c>bench/peer/export.py suite</c>), their weights drawn from a seed.</summary>
public static class Skeletons
{
    private const string Ending = ".onnx.br";

    /// <summary>All names, sorted.</summary>
    public static ImmutableArray<string> All { get; } = [.. typeof(Skeletons).Assembly.GetManifestResourceNames()
        .Where(name => name.EndsWith(Ending, StringComparison.Ordinal)).Select(name => name[..^Ending.Length]).Order(StringComparer.Ordinal)];

    /// <summary>Under a tenth of a second each in ONNX Runtime on inputs of <see cref="Inputs"/>; one of each kind.</summary>
    public static ImmutableArray<string> Fast { get; } =
        ["bert", "crnn", "diffusion_unet", "ghostnet", "gpt2_past", "llama", "lstm_tagger", "mobilenet_v3_small", "resnet18", "shufflenet_v2_x1_0", "unet", "vit_fused", "yolo"];

    /// <summary>The model, filled; equal for equal seeds. vgg11_bn takes 530 MB, the others at most 350 MB.</summary>
    public static OnnxModel Load(string name, long seed = 1)
    {
        using var packed = typeof(Skeletons).Assembly.GetManifestResourceStream(name + Ending)
            ?? throw new ArgumentException($"No skeleton is named '{name}'; the names are {string.Join(", ", All)}.", nameof(name));
        return Skeleton.Unpack(packed, seed, name + ".onnx");
    }

    /// <summary>Fills the model and writes it to a file, for ONNX Runtime.</summary>
    public static void Save(string name, string path, long seed = 1) => Load(name, seed).Save(path);

    /// <summary>Inputs such as the model was made for: smooth pictures, tokens, masks with an end, earlier keys. Small: pictures of 64 where the size is open, 12 tokens after 5.</summary>
    /// <param name="name">Of the skeleton.</param>
    /// <param name="model">Loaded from it, or what pruning made of that.</param>
    /// <param name="batch">Where the batch is open.</param>
    /// <param name="seed">Of the elements.</param>
    public static Dictionary<string, Tensor> Inputs(string name, OnnxModel model, long batch = 2, long seed = 1)
    {
        manual_seed(seed);
        return model.Graph.Inputs.ToDictionary(input => input.Name, input => Input(input, [.. input.Shape.Select((size, axis) => size ?? Size(input.Symbols[axis], name, batch))]));
    }

    private static long Size(string symbol, string name, long batch) => symbol switch
    {
        "batch" or "texts" => batch,
        "height" or "width" => name == "inception_v3" ? 96 : 64, // its stem asks for 75
        "time" => 64,
        "sequence" => 12,
        "target" => 7,
        "past" => 5,
        "total" => 17,
        _ => throw new ArgumentException($"The axis '{symbol}' has no size here; name it in Skeletons.Size.", nameof(symbol)),
    };

    private static Tensor Input(Value input, long[] shape)
    {
        var type = TorchTensors.TypeOf(input.Type);
        return input.Name switch
        {
            "attention_mask" => (arange(shape[1]).unsqueeze(0) < shape[1] - 2 * arange(shape[0]).remainder(3).unsqueeze(1)).to(type),
            "token_type_ids" => (arange(shape[1]) >= shape[1] / 2).expand(shape).to(type),
            "timestep" => randint(0, 1000, shape).to(type),
            _ when !is_floating_point(type) => randint(1, 1000, shape).to(type),
            _ when shape.Length > 2 && !input.Name.StartsWith("past_", StringComparison.Ordinal) && input.Name is not ("h0" or "c0") => Scene(shape),
            _ => randn(shape),
        };
    }

    /// <summary>[batch, channels, size...]: smooth at large, some grain, colours of its own, each of deviation 1.</summary>
    private static Tensor Scene(long[] shape)
    {
        using var scope = NewDisposeScope();
        var (size, flat) = (shape[2..], shape.Skip(2).Select(_ => 1L).ToArray());
        var broad = nn.functional.interpolate(randn([.. shape[..2], .. size.Select(side => Math.Min(4, side))]), size,
            mode: size.Length == 1 ? InterpolationMode.Linear : InterpolationMode.Bilinear, align_corners: false);
        var scene = 1.5 * broad + randn([.. shape[..2], .. flat]) + 0.2 * randn(shape);
        return (scene / scene.flatten(1).std(1).reshape([shape[0], 1, .. flat])).MoveToOuterDisposeScope();
    }
}
