using System.CommandLine;
using System.Text.Json;
using Secateur.Onnx;
using Secateur.Reports;

namespace Secateur.Cli;

internal static class ReportCommand
{
    private static readonly Argument<string[]> Results = new("RESULT.json") { Arity = ArgumentArity.OneOrMore, Description = "what prune wrote with --json; a file may hold one result or a list" };
    private static readonly Option<string> Target = new("--output", "-o") { HelpName = "OUT.html", Required = true, Description = "the page to write" };

    public static Command Create()
    {
        var command = new Command("report", "Write the report of results that prune has saved as JSON: one page for one or several models. --json FILE writes them as one list.")
        {
            Results,
            Target,
        };
        command.SetAction(request =>
        {
            var target = request.GetRequiredValue(Target);
            AtomicFile.Probe(target);
            Output.Probe(request);
            PruneResult[] results = [.. request.GetRequiredValue(Results).SelectMany(Read)];
            HtmlReport.Write(target, results);
            Output.Write(request, results, console => ResultsTable.Show(results, console));
        });
        return command;
    }

    private static PruneResult[] Read(string path)
    {
        if (!File.Exists(path)) throw new SecateurException($"{path}: no such file; name a JSON file that prune wrote");
        try
        {
            var root = JsonDocument.Parse(File.ReadAllText(path)).RootElement;
            return root.ValueKind == JsonValueKind.Array
                ? root.Deserialize<PruneResult[]>(Secateur.Json.Options)!
                : [root.Deserialize<PruneResult>(Secateur.Json.Options)!];
        }
        catch (JsonException e)
        {
            throw new SecateurException($"{path}: is no result of prune ({e.Message.Split('.')[0]}); run prune with --json {path}", e);
        }
    }
}
