using CsCheck;
using Secateur.Reports.Charts;

namespace Secateur.Tests.Reports.Charts;

public sealed class RowsTests
{
    [Fact]
    public void Names_keep_both_ends_when_shortened() =>
        Gen.String.Sample(name =>
        {
            var shortened = Rows.Shortened(name);
            if (name.Length <= 20) Assert.Equal(name, shortened);
            else
            {
                var (head, tail) = (shortened[..shortened.IndexOf('…')], shortened[(shortened.LastIndexOf('…') + 1)..]);
                Assert.InRange(shortened.Length, 17, 20);
                Assert.StartsWith(head, name, StringComparison.Ordinal);
                Assert.EndsWith(tail, name, StringComparison.Ordinal);
            }
        });

    [Fact]
    public void A_pair_of_surrogates_is_not_torn()
    {
        var name = string.Concat(Enumerable.Repeat("🌳", 30));
        Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(Rows.Shortened(name))));
        Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(Rows.Shortened("a" + name))));
    }

    [Fact]
    public void Splitting_keeps_all_rows_in_order_and_no_chart_is_too_tall() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 40]).Sample((count, most) =>
        {
            var charts = Rows.Split([.. Enumerable.Range(0, count)], most).ToList();
            Assert.Equal(Enumerable.Range(0, count), charts.SelectMany(chart => chart));
            Assert.All(charts, chart => Assert.InRange(chart.Length, 1, most));
        });
}
