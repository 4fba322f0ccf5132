using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Fluid;
using Secateur.Onnx;
using Secateur.Reports.Charts;

namespace Secateur.Reports;

/// <summary>The report that a person reads: one HTML file with everything in it, charts and pictures too.</summary>
/// <remarks>
/// Names of layers, classes and files come from strangers: the template's output is HTML-encoded, and the page's own content security policy
/// runs no script but ours and fetches nothing at all. The same results give the same bytes.
/// </remarks>
public static class HtmlReport
{
    private static readonly IFluidTemplate Template =
        new FluidParser(new FluidParserOptions { AllowFunctions = true }).Parse(Resource("report.liquid"));

    private static readonly TemplateOptions Options = new()
    {
        MemberAccessStrategy = new UnsafeMemberAccessStrategy { MemberNameStrategy = MemberNameStrategies.CamelCase },
    };

    /// <param name="path">Written whole or not at all.</param>
    /// <param name="results">One or several models, shown in this order; the first screen compares them.</param>
    /// <exception cref="SecateurException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<PruneResult> results) => AtomicFile.WriteText(path, Render(results));

    /// <returns>The page.</returns>
    public static string Render(IReadOnlyList<PruneResult> results)
    {
        if (results.Count == 0) throw new ArgumentException("A report is of one result or more.", nameof(results));
        var script = Resource("report.js");
        var context = new TemplateContext(new
        {
            title = $"{string.Join(", ", results.Select(ModelPage.NameOf))} – pruned by Secateur",
            models = results.Select(ModelPage.Of).ToArray(),
            version = results[0].Lineage.Versions.GetValueOrDefault("secateur", ""),
            machine = results[0].Lineage.Machine,
            started = results[0].Lineage.Started,
            style = Resource("report.css"),
            script,
            scriptHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script))),
        }, Options);
        return Template.Render(context, HtmlEncoder.Create(UnicodeRanges.All));
    }

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        return new StreamReader(stream).ReadToEnd();
    }
}
