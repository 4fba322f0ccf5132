using System.Collections.Frozen;
using ScottPlot;

namespace Secateur.Reports.Charts;

/// <summary>A colour by the part it plays. The page's style sheet gives each its value in light and in dark, so a chart is drawn once.</summary>
/// <param name="Name">The style sheet's word: <c>fill-NAME</c> and <c>stroke-NAME</c>.</param>
/// <param name="Color">What ScottPlot draws with; its hex form is how the element is found again, so no two are alike.</param>
internal sealed record Ink(string Name, Color Color)
{
    public static Ink Before { get; } = new("before", Color.FromHex("#5F6B7A"));

    public static Ink After { get; } = new("after", Color.FromHex("#00756F"));

    public static Ink Loss { get; } = new("loss", Color.FromHex("#B3430A"));

    public static Ink Pruned { get; } = new("pruned", Color.FromHex("#B9C2CB"));

    public static Ink Track { get; } = new("track", Color.FromHex("#E9EDF1"));

    public static Ink Grid { get; } = new("grid", Color.FromHex("#DDE2E8"));

    public static Ink Paper { get; } = new("paper", Color.FromHex("#FEFEFE"));

    /// <summary>From the hex form that Skia writes to the ink.</summary>
    public static FrozenDictionary<string, Ink> ByHex { get; } =
        new[] { Before, After, Loss, Pruned, Track, Grid, Paper }
            .ToFrozenDictionary(ink => $"#{ink.Color.Red:X2}{ink.Color.Green:X2}{ink.Color.Blue:X2}");
}
