using System.Xml.Linq;
using Secateur.Reports.Charts;
using Secateur.Testing;

namespace Secateur.Tests.Reports.Charts;

public sealed class ChartTests
{
    public static TheoryData<string> Keys { get; } = [.. Chart.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Marks_and_texts_lie_within_the_view_box(string key)
    {
        var svg = XElement.Parse(Chart.All[key].Draw(SampleResults.Mlp).First().ToSvg("x", "title", "words"));
        var box = svg.Attribute("viewBox")!.Value.Split(' ').Select(Number).ToArray();
        foreach (var element in svg.Elements())
        {
            foreach (var (attribute, most) in new[] { ("x", box[2]), ("cx", box[2]), ("y", box[3]), ("cy", box[3]) })
            {
                if (element.Attribute(attribute) is { } position) Assert.InRange(Number(position.Value), 0, most);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_mark_has_an_ink_that_the_style_sheet_knows(string key)
    {
        using var stream = typeof(Chart).Assembly.GetManifestResourceStream("report.css")!;
        var style = new StreamReader(stream).ReadToEnd();
        var svg = XElement.Parse(Chart.All[key].Draw(SampleResults.Mlp).First().ToSvg("x", "title", "words"));
        var marks = svg.Elements().Where(element => element.Name.LocalName is "rect" or "path" or "ellipse").ToList();
        Assert.NotEmpty(marks);
        Assert.All(marks, mark => Assert.All(mark.Attribute("class")!.Value.Split(' '), word => Assert.Contains($".{word} {{", style)));
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Words_are_there_whether_or_not_there_is_a_picture(string key)
    {
        Assert.NotEmpty(Chart.All[key].Describe(SampleResults.Mlp));
        Assert.NotEmpty(Chart.All[key].Describe(SampleResults.Bare));
        Assert.Equal(key == "layers", Chart.All[key].Draw(SampleResults.Bare).Any());
    }

    private static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
