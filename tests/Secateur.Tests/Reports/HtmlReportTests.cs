using Secateur.Reports;
using Secateur.Testing;

namespace Secateur.Tests.Reports;

public sealed class HtmlReportTests
{
    [Fact]
    public void Says_the_headline_of_every_model()
    {
        var page = HtmlReport.Render([SampleResults.Mlp, SampleResults.ConvNet]);
        Assert.Contains("9.88x fewer weights, accuracy 89.14 % → 88.97 % (−0.17 points)", page);
        Assert.Contains("9.30x fewer weights", page);
    }
}
