using System.CommandLine;
using Secateur.Onnx;
using Secateur.Reports;

namespace Secateur.Cli;

internal static class PruneCommand
{
    private static readonly Argument<string> Source = new("MODEL|ARCH") { Description = "the ONNX file to prune, or an architecture to train while pruning" };
    private static readonly Option<string?> Target = new("--output", "-o") { HelpName = "OUT", Description = "the ONNX file to write" };
    private static readonly Option<string?> Report = new("--report") { HelpName = "F", Description = "write the report, one HTML page" };
    private static readonly Option<string?> Masked = new("--masked") { HelpName = "FILE", Description = "structure: write the twin too, the whole model with zeros wherever a removed unit was read" };
    private static readonly Option<bool> KeepRounds = new("--keep-rounds") { Description = "leave the folder of saved rounds, OUT.run" };
    private static readonly Option<bool> Plan = new("--plan") { Description = "a dry run: what would be pruned, what kept and why, and what it would cost" };

    public static Command Create()
    {
        var command = new Command("prune", "Prune a model: OUT is a standard ONNX file, measured beside the dense one.") { Source, Target, Report, Masked, Plan, KeepRounds }.WithData().WithRecipe();
        command.SetAction(RunAsync);
        return command;
    }

    private static Task RunAsync(ParseResult request, CancellationToken cancel) => request.GetValue(Plan) ? PlanAsync(request, cancel) : PruneAsync(request, cancel);

    private static async Task PlanAsync(ParseResult request, CancellationToken cancel)
    {
        Output.Probe(request);
        GlobalOptions.UseThreads(request);
        var recipe = RecipeFlags.Recipe(request);
        var pruner = Pruner.For(request.GetRequiredValue(Source)).With(recipe);
        var plan = await Task.Run(() =>
        {
            using var data = DataFlags.Open(request, request.GetRequiredValue(Source), recipe.Seed, null, cancel);
            return pruner.Plan(data);
        }, cancel);
        Output.Write(request, plan, console => PlanTable.Show(plan, console));
    }

    private static async Task PruneAsync(ParseResult request, CancellationToken cancel)
    {
        var target = request.GetValue(Target) ?? throw new SecateurException("prune: no file to write is named; give -o OUT, or --plan for a dry run");
        foreach (var file in (string?[])[target, request.GetValue(Report), request.GetValue(Masked)])
            if (file is not null) AtomicFile.Probe(file);
        Output.Probe(request);
        GlobalOptions.UseThreads(request);
        var recipe = RecipeFlags.Recipe(request);
        if (request.GetValue(Masked) is not null && (!recipe.IsStructured || recipe.Factors))
            throw new SecateurException($"prune: --masked is the twin of a model without some units, and granularity {recipe.Granularity} removes none; take --granularity channel");
        var pruner = Pruner.For(request.GetRequiredValue(Source)).With(recipe);
        var options = new PruneOptions { Command = CommandText.Of(request), KeepRounds = request.GetValue(KeepRounds), Masked = request.GetValue(Masked) };
        var result = await Watch.RunAsync(request, progress =>
        {
            using var data = DataFlags.Open(request, request.GetRequiredValue(Source), recipe.Seed, progress, cancel);
            return pruner.Run(data, target, options, progress, cancel);
        }, cancel);
        if (request.GetValue(Report) is { } report) HtmlReport.Write(report, [result]);
        Output.Write(request, result, console => PruneTable.Show(result, console));
    }
}
