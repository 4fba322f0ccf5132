using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace Secateur.Reports.Charts;

/// <summary>Where a text hangs on its point.</summary>
internal enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>One chart being drawn: ScottPlot places and draws the marks, the texts are added to its SVG as real text.</summary>
/// <remarks>
/// ScottPlot would draw text with a font of this machine and write its name into the file. Here texts are SVG text in the page's own font:
/// no font is needed where the report is made, the reader can select them, and the style sheet colours them.
/// </remarks>
internal sealed class Drawing
{
    /// <summary>Of every chart, in the units of its view box: a column of the page, and not much more than a phone.</summary>
    public const int Width = 420;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly Plot plot = new();
    private readonly int height;
    private readonly int left;
    private readonly List<Label> texts = [];

    public Drawing(int height, int left, int right, int top, int bottom, Scale x, Scale y)
    {
        (this.height, this.left, X, Y) = (height, left, x, y);
        plot.FigureBackground.Color = Colors.Transparent;
        plot.DataBackground.Color = Colors.Transparent;
        plot.Layout.Fixed(new PixelPadding(left, right, bottom, top));
        plot.HideGrid();
        plot.Axes.Left.TickGenerator = plot.Axes.Bottom.TickGenerator = new EmptyTickGenerator();
        foreach (var axis in plot.Axes.GetAxes()) axis.IsVisible = false;
        plot.Axes.SetLimits(x.From, x.To, y.From, y.To);
    }

    public Scale X { get; }

    public Scale Y { get; }

    /// <summary>Grid lines at the ticks of X, their values below, and what they mean at the end.</summary>
    public void MarkX(string meaning)
    {
        foreach (var tick in X.Ticks)
        {
            Line(Ink.Grid, 1, new(tick, Y.From), new(tick, Y.To));
            Text(tick, Y.From, X.Write(tick), Anchor.Middle, dy: 15, style: "tick");
        }
        Text((X.From + X.To) / 2, Y.From, meaning, Anchor.Middle, dy: 32, style: "meaning");
    }

    /// <summary>Grid lines at the ticks of Y and their values at the left; what they mean stands above.</summary>
    public void MarkY(string meaning)
    {
        foreach (var tick in Y.Ticks)
        {
            Line(Ink.Grid, 1, new(X.From, tick), new(X.To, tick));
            Text(X.From, tick, Y.Write(tick), Anchor.End, dx: -8, style: "tick");
        }
        Text(X.From, Y.To, meaning, Anchor.Start, dx: 6 - left, dy: -18, style: "meaning");
    }

    public void Line(Ink ink, float width, params Coordinates[] points)
    {
        var line = plot.Add.ScatterLine(points, ink.Color);
        line.LineWidth = width;
    }

    public void Dashed(Ink ink, Coordinates from, Coordinates to)
    {
        var line = plot.Add.Line(from, to);
        (line.LineColor, line.LineWidth, line.LinePattern) = (ink.Color, 1.5f, LinePattern.Dashed);
    }

    public void Rectangle(Ink ink, double left, double right, double bottom, double top)
    {
        var rectangle = plot.Add.Rectangle(left, right, bottom, top);
        (rectangle.FillColor, rectangle.LineWidth) = (ink.Color, 0);
    }

    /// <summary>What is after: filled.</summary>
    public void Dot(Ink ink, double x, double y, float size = 11) => plot.Add.Marker(x, y, MarkerShape.FilledCircle, size, ink.Color);

    /// <summary>What was before: hollow, so that it differs without colour.</summary>
    public void Ring(Ink ink, double x, double y, float size = 11)
    {
        Dot(ink, x, y, size);
        Dot(Ink.Paper, x, y, size - 4);
    }

    /// <param name="dx">To the right and <paramref name="dy"/> down, in units of the view box.</param>
    /// <param name="whole">What <paramref name="text"/> is short for: shown when pointed at.</param>
    public void Text(double x, double y, string text, Anchor anchor, double dx = 0, double dy = 0,
        string style = "label", string? whole = null) =>
        texts.Add(new(new(x, y), dx, dy, anchor, style, Printable(text), whole is null ? null : Printable(whole)));

    /// <param name="id">Unique in the page.</param>
    /// <returns>An <c>svg</c> element without width and height, whose colours are classes.</returns>
    public string ToSvg(string id, string title, string description)
    {
        var drawn = XDocument.Parse(plot.GetSvgXml(Width, height)).Root!;
        var (titleId, descriptionId) = ($"{id}-title", $"{id}-desc");
        return new XElement(Svg + "svg",
            new XAttribute("class", "chart"),
            new XAttribute("viewBox", $"0 0 {Width} {height}"),
            new XAttribute("role", "img"),
            new XAttribute("aria-labelledby", $"{titleId} {descriptionId}"),
            new XElement(Svg + "title", new XAttribute("id", titleId), Printable(title)),
            new XElement(Svg + "desc", new XAttribute("id", descriptionId), Printable(description)),
            drawn.Descendants().Where(IsMark).Select(Classed),
            texts.Select(TextElement)).ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>Clips go: all marks lie within the limits, and the ids of clips would clash between the charts of a page.</summary>
    private static bool IsMark(XElement element) =>
        element.Name.LocalName is "rect" or "path" or "ellipse" or "circle" or "line" or "polygon" or "polyline"
        && element.Parent?.Name.LocalName != "clipPath";

    private static XElement Classed(XElement mark)
    {
        var element = new XElement(mark.Name,
            mark.Attributes().Where(attribute => attribute.Name.LocalName is not ("fill" or "stroke" or "stroke-miterlimit")));
        var classes = new List<string>();
        foreach (var paint in new[] { "fill", "stroke" })
        {
            if (mark.Attribute(paint)?.Value is not { } value) continue;
            if (Ink.ByHex.TryGetValue(value.ToUpperInvariant(), out var ink)) classes.Add($"{paint}-{ink.Name}");
            else element.SetAttributeValue(paint, value);
        }
        element.SetAttributeValue("class", string.Join(' ', classes));
        return element;
    }

    private XElement TextElement(Label text)
    {
        var pixel = plot.GetPixel(text.At);
        return new(Svg + "text",
            new XAttribute("class", $"{text.Class} {text.Anchor.ToString().ToLowerInvariant()}"),
            new XAttribute("x", Number(pixel.X + text.Dx)),
            new XAttribute("y", Number(pixel.Y + text.Dy)),
            new XAttribute("dy", "0.35em"),
            text.Text,
            text.Whole is null ? null : new XElement(Svg + "title", text.Whole));
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Names come from a model file: what XML cannot hold becomes U+FFFD.</summary>
    private static string Printable(string text)
    {
        if (text.All(XmlConvert.IsXmlChar)) return text;
        return string.Concat(text.EnumerateRunes().Select(rune =>
            rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value) ? "\uFFFD" : rune.ToString()));
    }

    private sealed record Label(Coordinates At, double Dx, double Dy, Anchor Anchor, string Class, string Text, string? Whole);
}
