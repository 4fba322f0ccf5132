using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Secateur.Reports;
using Secateur.Testing;

namespace Secateur.Tests.Reports;

public sealed class HtmlReportTests
{
    private const string Hostile = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ models }}&amp;";

    private static readonly string Both = HtmlReport.Render([SampleResults.Mlp, SampleResults.ConvNet]);

    private static readonly string BothAsText = Text(Both);

    [Fact]
    public void Says_the_headline_of_every_model()
    {
        Assert.Contains("9.88x fewer weights, accuracy 89.14 % → 88.97 % (−0.17 points), file 1.07 MB → 1.07 MB, gzip 988.2 kB → 124.1 kB.", BothAsText);
        Assert.Contains("9.30x fewer weights, accuracy 91.87 % → 90.61 % (−1.26 points)", BothAsText);
    }

    public static TheoryData<string> Facts { get; } =
    [
        // quality, in total and by class
        "88.97 %", "89.14 %", "95.23 %", "89.42 % before, 89.31 % after (−0.11 points)", "T-shirt/top", "84.00 %", "82.80 %", "−1.20",
        "Ankle boot", "+1.59",
        // size, work, latency
        "266,580", "26,990", "266,610", "266,200", "124.1 kB", "0.0412 ms", "0.0409 ms", "0.0551 ms", "0.0533 ms",
        "1.01x", "61 MB", "CPUExecutionProvider, batch 1, 2 threads, 400 runs",
        // layers
        "fc1.weight", "300 × 784", "235,200", "18,816", "92.00 %", "75.32 %", "the last layer keeps at least 20 %", "a bias",
        // rounds, search, scores
        "18.00 %", "89.61 %", "0.294", "3.2 s", "98.00 %", "87.02 %", "−2.40 points", "missed", "0.03162", "812 scores",
        // baselines
        "random", "85.43 %", "+3.54 points", "uniform magnitude", "small dense", "lenet-34-12", "26,874",
        // examples
        "test[3141]", "97.0 %", "4.0 %", "says Pullover",
        // data, cost, lineage, notes
        "70,000 pictures of 28 × 28 grey pixels", "54,000", "6,000", "10,000", "input: float32 [1, 28, 28]", "data/fashion-mnist",
        "1 min 14 s", "1 min 1 s", "810,000", "512 MB", "maxDrop: 0.005", "schedule: \"exponential\"",
        "onnxruntime  1.31.1", "torchsharp   0.107.0", "cccccccc", "dddddddd", "secateur prune out/lenet-300-100.dense.onnx", "2026-01-02 03:04 UTC",
        "The target of 0.5 points was met",
        // the other model has no baselines
        "Not run. --baselines measures",
    ];

    [Theory]
    [MemberData(nameof(Facts))]
    public void Every_fact_is_in_the_page(string fact) => Assert.Contains(fact, BothAsText);

    [Fact]
    public void Pictures_are_in_the_page()
    {
        var picture = SampleResults.Mlp.LargestLosses[3].Picture!;
        Assert.Contains($"src=\"data:image/png;base64,{Convert.ToBase64String(picture)}\"", WebUtility.HtmlDecode(Both));
    }

    [Fact]
    public void Says_plainly_that_zeros_do_not_make_a_stock_runtime_faster()
    {
        Assert.Contains("Zeros inside a weight do not make a stock ONNX Runtime faster", BothAsText);
        var faster = SampleResults.Mlp with { Latency = [SampleResults.Mlp.Latency[0], SampleResults.Mlp.Latency[1] with { Speedup = 1.8 }] };
        Assert.Contains("The pruned model answers 1.80x as fast as the dense one.", Text(HtmlReport.Render([faster])));
        var slower = SampleResults.Mlp with { Latency = [SampleResults.Mlp.Latency[0], SampleResults.Mlp.Latency[1] with { Speedup = 0.7 }] };
        Assert.Contains("The pruned model is slower here", Text(HtmlReport.Render([slower])));
    }

    [Fact]
    public void Fetches_nothing()
    {
        foreach (Match address in Regex.Matches(Both, """(?:src|href|action|poster|data|srcset)\s*=\s*["']?([^"'\s>]+)"""))
            Assert.Matches("^(#|data:image/png;base64,)", WebUtility.HtmlDecode(address.Groups[1].Value));
        Assert.DoesNotMatch(@"url\(|@import|<link|<iframe|<object|<embed|fetch\(|XMLHttpRequest", Both);
        Assert.Contains("default-src 'none'", Both);
    }

    [Fact]
    public void Hostile_names_are_text()
    {
        var page = HtmlReport.Render([WithNames(Hostile)]);
        Assert.Single(Regex.Matches(page, "<script"));
        Assert.DoesNotContain("onerror=alert(1)>", page);
        Assert.DoesNotMatch("<img(?! src=\"data:)", page);
        Assert.Contains(Hostile, Text(page));
    }

    [Fact]
    public void Names_that_XML_cannot_hold_do_not_stop_the_page()
    {
        foreach (var svg in Svgs(HtmlReport.Render([WithNames("a\0b\u0007\ud800c\uffff")]))) XElement.Parse(svg);
    }

    [Fact]
    public void The_same_results_give_the_same_bytes() => Assert.Equal(Both, HtmlReport.Render([SampleResults.Mlp, SampleResults.ConvNet]));

    [Fact]
    public void Every_chart_is_well_formed_and_says_what_it_shows()
    {
        var svgs = Svgs(Both);
        Assert.Equal(9 + 6, svgs.Count);  // of ConvNet there is neither a search nor a baseline
        foreach (var svg in svgs)
        {
            var chart = XElement.Parse(svg);
            Assert.All(["title", "desc"], name => Assert.NotEmpty(chart.Elements().Single(element => element.Name.LocalName == name).Value));
        }
    }

    [Fact]
    public void No_id_is_used_twice_and_every_reference_is_met()
    {
        var ids = Regex.Matches(Both, @"\sid=""([^""]+)""").Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(ids.Distinct(), ids);
        var wanted = Regex.Matches(Both, @"(?:aria-labelledby=""|href=""#)([^""]+)""").SelectMany(match => match.Groups[1].Value.Split(' '));
        Assert.Empty(wanted.Except(ids));
    }

    [Fact]
    public void Charts_have_no_colour_or_font_of_their_own() =>
        Assert.All(Svgs(Both), svg => Assert.DoesNotMatch("""(fill|stroke)="(?!none)|font-family|clip-path|xlink""", svg));

    [Fact]
    public void A_run_without_data_says_what_was_not_measured()
    {
        var page = Text(HtmlReport.Render([SampleResults.Bare]));
        Assert.Contains("Not measured: this run had no data.", page);
        Assert.Contains("No data was given: the weights alone decided.", page);
        Assert.Contains("Not run. --baselines measures", page);
        Assert.DoesNotContain("Largest losses", page);
        Assert.DoesNotContain("Rounds", page);
    }

    private static Dictionary<string, PruneResult> OddResults { get; } = new()
    {
        ["no layers"] = SampleResults.Mlp with { Layers = [] },
        ["200 layers"] = SampleResults.WithLayers(200),
        ["no pictures"] = SampleResults.Mlp with
        {
            LargestLosses = [.. SampleResults.Mlp.LargestLosses.Select(loss => loss with { Picture = null })],
        },
        ["no notes, one round"] = SampleResults.ConvNet,
        ["not numbers"] = SampleResults.Mlp with
        {
            Sparsity = double.NaN,
            Quality = new(double.NaN, double.NaN),
            HeldOut = new(double.NaN, double.PositiveInfinity),
            Agreement = double.NaN,
            Slices = [new("a", 0, double.NaN, 0.5), new("b", 0, 0.5, 0.5)],
            Layers = [new("w", "n", [], 0, 0, double.NaN, "pruned", "", 0)],
            Rounds = [new(1, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN), new(2, 0.5, 0.5, double.NaN, double.NegativeInfinity, 1)],
            Frontier = [new(double.NaN, 0.5, 0, true), new(0.5, double.NaN, double.NaN, false)],
            Baselines = [new("random", double.NaN, 0, double.NaN, ""), new("small dense", null, 0, 0, "no smaller net of this kind")],
            Latency = [new("a", "", 1, 1, 1, double.NaN, double.NaN, double.NaN, double.NaN), new("b", "", 1, 1, 1, 0, 0, 0, double.PositiveInfinity)],
            Scores = new([-1, double.NaN], [0], [0], 0, double.NaN),
            LargestLosses = [new("x", "a", "a", "b", double.NaN, double.PositiveInfinity, [])],
            Cost = new(double.NaN, double.NaN, 0, double.NaN, 0),
        },
        ["nothing left"] = SampleResults.Mlp with { Output = SampleResults.Mlp.Output with { Nonzero = 0, Bytes = 0, GzipBytes = 0, Macs = 0 } },
        ["empty model"] = SampleResults.Bare with { Input = SampleResults.Mlp.Input with { Nonzero = 0, Parameters = 0, Bytes = 0, GzipBytes = 0, Macs = 0 } },
        ["huge"] = SampleResults.Mlp with
        {
            Metric = "r2",
            Quality = new(-1e300, 1e300),
            Slices = [new("a", long.MaxValue, double.MinValue, double.MaxValue)],
            Scores = new([0, 1, 2], [long.MaxValue / 2, 0], [0, long.MaxValue / 2], 1, 400),
        },
        ["one empty histogram"] = SampleResults.Mlp with { Scores = new([], [], [], 0, null) },
        ["40 classes"] = SampleResults.Mlp with { Slices = [.. Enumerable.Range(0, 40).Select(index => new SliceResult($"class {index}", 10, 0.9, 0.9))] },
    };

    public static TheoryData<string> Odd { get; } = [.. OddResults.Keys];

    [Theory]
    [MemberData(nameof(Odd))]
    public void Odd_results_give_a_page_without_NaN(string name)
    {
        var page = HtmlReport.Render([OddResults[name]]);
        Assert.EndsWith("</html>\n", page);
        Assert.DoesNotContain("NaN", page);
        Assert.DoesNotContain("∞", page);
        foreach (var svg in Svgs(page)) XElement.Parse(svg);
    }

    [Fact]
    public void A_baseline_that_could_not_be_made_says_why()
    {
        var page = Text(HtmlReport.Render([SampleResults.Mlp with { Baselines = [new("small dense", null, 0, 0, "no smaller net of this kind")] }]));
        Assert.Contains("no smaller net of this kind", page);
        Assert.Contains("not made", page);
    }

    [Fact]
    public void Two_hundred_layers_are_all_in_the_charts_and_in_the_table()
    {
        var page = HtmlReport.Render([SampleResults.WithLayers(200)]);
        var charts = Svgs(page).Select(XElement.Parse).Where(chart => chart.Elements().First().Value == "Sparsity of every layer").ToList();
        Assert.Equal(7, charts.Count);
        var names = charts.SelectMany(chart => chart.Descendants())
            .Where(element => element.Name.LocalName == "title").Select(title => title.Value).ToHashSet();
        Assert.All(SampleResults.WithLayers(200).Layers, layer => Assert.Contains(layer.Name, names));
        Assert.All(SampleResults.WithLayers(200).Layers, layer => Assert.Contains($"title=\"{layer.Name}\"", page));
    }

    [Fact]
    public void Is_written_whole_and_read_back()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "report.html");
            HtmlReport.Write(path, [SampleResults.Mlp, SampleResults.ConvNet]);
            Assert.Equal(Both, File.ReadAllText(path));
            Assert.Single(folder.GetFiles());
            var failure = Assert.Throws<SecateurException>(() => HtmlReport.Write(Path.Combine(folder.FullName, "none", "report.html"), [SampleResults.Bare]));
            Assert.Contains("cannot be written", failure.Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_report_of_nothing_is_refused() => Assert.Throws<ArgumentException>(() => HtmlReport.Render([]));

    private static PruneResult WithNames(string name) => SampleResults.Mlp with
    {
        Input = SampleResults.Mlp.Input with { Path = name },
        Output = SampleResults.Mlp.Output with { Path = name },
        Layers = [.. SampleResults.Mlp.Layers.Select((layer, index) => layer with { Name = $"{name}{index}", Node = name, Verdict = name, Why = name })],
        Slices = [.. SampleResults.Mlp.Slices.Select((slice, index) => slice with { Slice = $"{name}{index}" })],
        Metric = name,
        Baselines = [new(name, 0.5, 1, 1, name)],
        Latency = [.. SampleResults.Mlp.Latency.Select(row => row with { Model = name, Provider = name })],
        LargestLosses = [new(name, name, name, name, 0.5, 0.5, SampleResults.Picture(1))],
        Data = SampleResults.Mlp.Data! with { Path = name, Description = name, Features = [name] },
        Recipe = new() { Criterion = name, Keep = [name] },
        Lineage = SampleResults.Mlp.Lineage with
        {
            Command = name,
            Machine = name,
            Started = name,
            Model = name,
            Versions = ImmutableSortedDictionary<string, string>.Empty.Add("secateur", name),
        },
        Notes = [name],
    };

    private static List<string> Svgs(string page) =>
        [.. Regex.Matches(page, "<svg class=\"chart\".*?</svg>", RegexOptions.Singleline).Select(match => match.Value)];

    /// <summary>What a reader sees, tags gone.</summary>
    private static string Text(string page) =>
        WebUtility.HtmlDecode(Regex.Replace(page, "<style>.*?</style>|<script>.*?</script>|<[^>]*>", "", RegexOptions.Singleline));
}
