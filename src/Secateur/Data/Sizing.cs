using System.Collections.Frozen;

namespace Secateur.Data;

/// <summary>How a picture is brought to a size.</summary>
/// <param name="Place">Takes the preprocessing, and a picture's height and width.</param>
internal sealed record Sizing(string Summary, Func<Preprocessing, int, int, Placement> Place)
{
    /// <summary>By the word of a YAML file's <c>resize</c>.</summary>
    public static FrozenDictionary<string, Sizing> All { get; } = new Dictionary<string, Sizing>
    {
        ["stretch"] = new("to size, whatever their ratio", (how, _, _) => Placement.Whole(how.Height, how.Width)),
        ["shortest"] = new("their shortest side to size, their ratio kept", (how, height, width) =>
        {
            var ratio = (double)Math.Max(how.Height, 1) / Math.Min(height, width);
            return Placement.Whole(Round(height * ratio), Round(width * ratio));
        }),
        ["pad"] = new("into size, their ratio kept, padded below and to the right", (how, height, width) =>
        {
            var ratio = Math.Min((double)how.Height / height, (double)how.Width / width);
            return Placement.Whole(Round(height * ratio), Round(width * ratio)).Padded(how.Height, how.Width);
        }),
        ["height"] = new("to the height of size, their ratio kept, padded to the right", Line),
        ["multiple"] = new("each side to a multiple of step", (how, height, width) =>
        {
            var ratio = Math.Min(1, (double)how.Limit / Math.Max(height, width));
            return Placement.Whole(Multiple(height * ratio, how.Step), Multiple(width * ratio, how.Step));
        }),
    }.ToFrozenDictionary();

    /// <summary>A line of text: as wide as its ratio asks, padded to a multiple of step from the width of size on.</summary>
    private static Placement Line(Preprocessing how, int height, int width)
    {
        var columns = Math.Clamp((int)Math.Ceiling((double)how.Height * width / height), 1, how.FixedWidth ? how.Width : how.Limit);
        var padded = how.FixedWidth ? how.Width : Math.Max(how.Width, (columns + how.Step - 1) / how.Step * how.Step);
        return Placement.Whole(how.Height, columns).Padded(how.Height, padded);
    }

    private static int Round(double side) => Math.Max(1, (int)Math.Round(side));

    private static int Multiple(double side, int step) => Math.Max(step, (int)Math.Round(side / step) * step);
}
