using System.Globalization;
using System.Xml.Linq;
using Secateur.Reports.Charts;
using Secateur.Testing;

namespace Secateur.Tests.Reports.Charts;

public sealed class LayerSparsityTests
{
    [Fact]
    public void Bars_are_as_long_as_the_share_they_show()
    {
        var chart = XElement.Parse(new LayerSparsity().Draw(SampleResults.Mlp).Single().ToSvg("x", "title", "words"));
        var (zeros, left) = (Widths(chart, "fill-pruned"), Widths(chart, "fill-after"));
        Assert.Equal(3, zeros.Length);  // the biases are in the table alone
        double[] sparsity = [0.92, 0.7532, 0.6];
        for (var layer = 0; layer < 3; layer++) Assert.Equal(sparsity[layer], zeros[layer] / (zeros[layer] + left[layer]), 1e-4);
    }

    [Fact]
    public void Kept_layers_have_their_own_ink()
    {
        var kept = SampleResults.Mlp with { Layers = [SampleResults.Mlp.Layers[0] with { Verdict = "kept", Sparsity = 0 }] };
        var chart = XElement.Parse(new LayerSparsity().Draw(kept).Single().ToSvg("x", "title", "words"));
        Assert.Single(Widths(chart, "fill-before"));
        Assert.Empty(Widths(chart, "fill-after"));
    }

    private static double[] Widths(XElement chart, string ink) =>
        [.. chart.Elements().Where(mark => mark.Attribute("class")?.Value == ink)
            .Select(mark => double.Parse(mark.Attribute("width")!.Value, CultureInfo.InvariantCulture))];
}
