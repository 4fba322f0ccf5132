using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>How pictures become what a model takes: their size, their channels, and (value·scale − mean) / std of values in [0, 1].</summary>
public sealed record Preprocessing
{
    private static readonly ImmutableArray<double> ImageNetMean = [0.485, 0.456, 0.406], ImageNetStd = [0.229, 0.224, 0.225];

    /// <summary>Presets, by the word of <c>--preprocess</c>.</summary>
    public static FrozenDictionary<string, Preprocessing> All { get; } = new Dictionary<string, Preprocessing>
    {
        ["imagenet"] = new()
        {
            Summary = "shortest side 256, middle 224x224, RGB by ImageNet's mean and deviation, as torchvision has it",
            Resize = "shortest",
            Height = 256,
            Width = 256,
            Crop = (224, 224),
            Channels = "rgb",
            Mean = ImageNetMean,
            Std = ImageNetStd,
        },
        ["clip"] = new()
        {
            Summary = "shortest side 224, middle 224x224, RGB by CLIP's mean and deviation",
            Resize = "shortest",
            Height = 224,
            Width = 224,
            Crop = (224, 224),
            Channels = "rgb",
            Mean = [0.48145466, 0.4578275, 0.40821073],
            Std = [0.26862954, 0.26130258, 0.27577711],
        },
        ["ocr"] = new()
        {
            Summary = "lines of text: height 48, at least 320 wide, padded to the right by steps of 64, BGR in [-1, 1], as PP-OCR's recognizers take them",
            Resize = "height",
            Height = 48,
            Width = 320,
            Step = 64,
            Limit = 3200,
            Channels = "bgr",
            Mean = [0.5],
            Std = [0.5],
        },
        ["ocr-detection"] = new()
        {
            Summary = "pages: each side to a multiple of 32, the longest at most 960, BGR by ImageNet's numbers, as PP-OCR's detectors take them",
            Resize = "multiple",
            Step = 32,
            Limit = 960,
            Channels = "bgr",
            Mean = ImageNetMean,
            Std = ImageNetStd,
        },
    }.ToFrozenDictionary();

    /// <summary>For people.</summary>
    public string Summary { get; init; } = "";

    /// <summary>A key of <see cref="Sizing.All"/>.</summary>
    public string Resize { get; init; } = "stretch";

    /// <summary>In pixels; 0 takes the most common of the pictures'.</summary>
    public int Height { get; init; }

    public int Width { get; init; }

    /// <summary>What is cut out of the middle after resizing; null leaves all.</summary>
    public (int Height, int Width)? Crop { get; init; }

    /// <summary>Sides grow by so many pixels (<c>height</c>, <c>multiple</c>).</summary>
    public int Step { get; init; } = 32;

    /// <summary>The longest that a side becomes (<c>height</c>, <c>multiple</c>), in pixels.</summary>
    public int Limit { get; init; } = 4096;

    /// <summary><c>rgb</c>, <c>bgr</c>, <c>grey</c>; null takes grey where every file is, else RGB.</summary>
    public string? Channels { get; init; }

    public double Scale { get; init; } = 1;

    /// <summary>One number, or one a channel; empty is 0.</summary>
    public ImmutableArray<double> Mean { get; init; } = [];

    /// <summary>One number, or one a channel; empty is 1.</summary>
    public ImmutableArray<double> Std { get; init; } = [];

    /// <summary><c>nchw</c> or <c>nhwc</c>; null is <c>nchw</c>.</summary>
    public string? Layout { get; init; }

    /// <summary>Whether the model takes one width only.</summary>
    internal bool FixedWidth { get; init; }

    /// <summary>Whether values stay bytes / 255.</summary>
    internal bool KeepsValues => Scale == 1 && Mean.IsEmpty && Std.IsEmpty;

    /// <exception cref="SecateurException">No such preset; the message lists them.</exception>
    public static Preprocessing Named(string name) => All.GetValueOrDefault(name)
        ?? throw new SecateurException($"--preprocess {name}: no such preset; take one of {string.Join(", ", All.Keys.Order())}");

    internal Placement Place(int height, int width)
    {
        var placed = Sizing.All[Resize].Place(this, height, width);
        return Crop is { } crop ? placed.Cropped(crop.Height, crop.Width) : placed;
    }

    /// <summary>Fitted to the sizes that a model fixes.</summary>
    /// <param name="height">Of its input; null is open.</param>
    /// <param name="width">As <paramref name="height"/>.</param>
    internal Preprocessing For(int? height, int? width)
    {
        var fitted = Crop is { } crop && height is { } rows && width is { } columns
            ? this with { Crop = (rows, columns), Height = (int)Math.Round((double)Height * Math.Min(rows, columns) / crop.Height), Width = (int)Math.Round((double)Width * Math.Min(rows, columns) / crop.Width) }
            : this with { Height = height ?? Height, Width = width ?? Width, FixedWidth = width is not null };
        return height is not null && width is not null && fitted.Resize == "multiple" ? fitted with { Resize = "stretch" } : fitted;
    }

    /// <exception cref="SecateurException">Mean or deviation are neither one number nor one a channel, or the deviation is 0.</exception>
    internal void Check(int channels, string place)
    {
        foreach (var (key, numbers) in new[] { ("mean", Mean), ("std", Std) })
            if (numbers.Length > 1 && numbers.Length != channels)
                throw new SecateurException($"{place}: {key}: has {numbers.Length} numbers, the pictures have {channels} {(channels == 1 ? "channel" : "channels")}; give one, or one a channel");
        if (Std.Contains(0)) throw new SecateurException($"{place}: std: holds 0, by which nothing can be divided; give the standard deviation of the data");
    }

    /// <summary>What each byte of a channel becomes, [256].</summary>
    internal float[] Values(int channel) => [.. Enumerable.Range(0, 256).Select(value => KeepsValues ? value / 255f
        : (float)((value / 255.0 * Scale - Number(Mean, channel, 0)) / Number(Std, channel, 1)))];

    private static double Number(ImmutableArray<double> numbers, int channel, double otherwise) =>
        numbers.Length switch { 0 => otherwise, 1 => numbers[0], _ => numbers[channel] };
}
