using System.Collections.Immutable;
using System.Globalization;
using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Data;

/// <summary>The input of a model that takes pictures.</summary>
/// <param name="Channels">1 or 3.</param>
/// <param name="Height">Null is open.</param>
/// <param name="Width">Null is open.</param>
/// <param name="Layout"><c>nchw</c> or <c>nhwc</c>.</param>
internal sealed record PictureInput(Value Value, int Channels, int? Height, int? Width, string Layout)
{
    private const int TallestLine = 64; // inputs of a fixed height up to it and an open width are of lines of text
    private static readonly ImmutableArray<long> ImageNetClasses = [1000, 1001];

    /// <summary>Null where no input, or more than one, can be a picture.</summary>
    public static PictureInput? Of(Graph graph)
    {
        var inputs = graph.Inputs.Select(input => input.Shape switch
        {
            [_, (1 or 3) and var channels, var height, var width] => new PictureInput(input, (int)channels!, (int?)height, (int?)width, "nchw"),
            [_, var height, var width, (1 or 3) and var channels] => new PictureInput(input, (int)channels!, (int?)height, (int?)width, "nhwc"),
            _ => null,
        }).OfType<PictureInput>().ToArray();
        return inputs is [var only] ? only : null;
    }

    /// <summary>What is taken where nothing is told, with a line for people on what was assumed and why.</summary>
    public static (Preprocessing How, ImmutableArray<string> Notes) Assume(Graph graph)
    {
        if (Of(graph) is not { } input) return (new(), []);
        var (name, why) = input.Preset(graph);
        var how = input.Fit(name is null ? new() : Preprocessing.All[name]);
        var size = $"{how.Crop?.Height ?? (how.Resize == "multiple" || how.Height == 0 ? null : how.Height)}" is { Length: > 0 } height
            ? $"height {height}, {(how.Crop?.Width ?? (how.Resize == "height" && !how.FixedWidth || how.Width == 0 ? 0 : how.Width)) switch { 0 => "width as it comes", var width => $"width {width.ToString(CultureInfo.InvariantCulture)}" }}"
            : "sizes as they come";
        var assumed = name is null ? "pictures between 0 and 1" : $"pictures as preset {name} has them";
        return (how, [$"assumed for the model's input {input.Value}, since nothing was told: {assumed}, {how.Channels}, {size}{(why.Length == 0 ? "" : $" ({why})")}; --preprocess says another"]);
    }

    /// <summary>A preprocessing with the sizes, channels and order of axes that the input fixes.</summary>
    public Preprocessing Fit(Preprocessing how)
    {
        var fitted = how.For(Height, Width) with { Channels = Channels == 1 ? "grey" : how.Channels is null or "grey" ? "rgb" : how.Channels, Layout = how.Layout ?? Layout };
        return fitted with { Mean = ForChannels(fitted.Mean), Std = ForChannels(fitted.Std) };
    }

    /// <summary>The preset that outputs and sizes point to; null takes bytes / 255.</summary>
    private (string? Name, string Why) Preset(Graph graph)
    {
        if (Value.Type is not (TensorProto.Types.DataType.Float or TensorProto.Types.DataType.Float16 or TensorProto.Types.DataType.Double)) return (null, "");
        return (Height, Width, graph.Outputs[0].Shape) switch
        {
            ( <= TallestLine, null, [_, _, _]) => ("ocr", "a low line of any width in, scores at each place out: a recognizer of text"),
            (null, null, [_, 1, _, _]) => ("ocr-detection", "pictures of any size in, one map out: a detector of text"),
            (_, _, [_, { } classes]) when ImageNetClasses.Contains(classes) => ("imagenet", $"{classes} classes out"),
            _ => (null, ""),
        };
    }

    private ImmutableArray<double> ForChannels(ImmutableArray<double> numbers) => Channels == 1 && numbers.Length == 3 ? [numbers.Average()] : numbers;
}
