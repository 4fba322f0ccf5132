using System.CommandLine;
using Secateur.Architectures;
using Secateur.Onnx;
using Spectre.Console;

namespace Secateur.Cli;

internal static class TrainCommand
{
    private static readonly Argument<string> Source = new("ARCH|MODEL") { Description = "a name from secateur architectures, or an ONNX file to go on training" };
    private static readonly Option<string?> File = new("--recipe") { HelpName = "F", Description = "a recipe in YAML, of which training is taken; flags override its values" };
    private static readonly Option<string> Target = new("--output", "-o") { HelpName = "OUT", Description = "the ONNX file to write", Required = true };
    private static readonly Option<string?> Mask = new("--mask") { HelpName = "MODEL", Description = "a pruned model of the same weights, whose zeros are held" };

    public static Command Create()
    {
        var command = new Command("train", "Make a dense model, or go on training one.") { Source, Target, File, Mask }.WithData().WithTask().WithTraining(teacher: false);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult request, CancellationToken cancel)
    {
        Output.Probe(request);
        GlobalOptions.UseThreads(request);
        var (source, target, seed) = (request.GetRequiredValue(Source), request.GetRequiredValue(Target), request.GetValue(GlobalOptions.Seed) ?? 1);
        AtomicFile.Probe(target);
        var recipe = Recipe(request, source);
        var (task, metric) = TaskFlags.Of(request);
        var result = await Watch.RunAsync(request, progress =>
        {
            using var data = DataFlags.Require(request, source, seed, progress, cancel);
            return TrainJob.Run(source, data, target, recipe, seed, request.GetValue(Mask), progress, task, metric, cancel);
        }, cancel);
        Output.Write(request, result, console => Show(result, console));
    }

    /// <summary>The file's, else the architecture's own, with the flags put over it.</summary>
    private static TrainingRecipe Recipe(ParseResult request, string source)
    {
        var start = request.GetValue(File) is { } file ? RecipeFile.Load(file).Training
            : System.IO.File.Exists(source) ? Architecture.Recognize(OnnxModel.Load(source))?.Architecture.Defaults ?? new()
            : Architecture.All.GetValueOrDefault(source)?.Defaults ?? new();
        return request.Over(start);
    }

    private static void Show(TrainResult result, IAnsiConsole console)
    {
        console.WriteLine(result.Data.Description);
        console.WriteLine();
        var table = Output.Table(console, "model", ">parameters", ">MACs", ">bytes", $">{result.Metric}, held out", $">{result.Metric}, test", ">time");
        table.Row(result.Output.Path, Figures.Count(result.Output.Parameters), Figures.Count(result.Output.Macs), ByteSize.Write(result.Output.Bytes),
            Figures.Quality(result.Metric, result.HeldOut), Figures.Quality(result.Metric, result.Test), Figures.Seconds(result.Seconds));
        console.Write(table);
    }
}
