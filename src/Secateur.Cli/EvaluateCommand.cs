using System.Collections.Immutable;
using System.CommandLine;
using Secateur.Data;
using Secateur.Evaluation;
using Spectre.Console;

namespace Secateur.Cli;

internal static class EvaluateCommand
{
    private static readonly Argument<string[]> Models = new("MODEL")
    {
        Description = "ONNX files; the others are compared with the first",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<Part?> PartOf = new("--part")
    {
        HelpName = "P",
        Description = "whole (the default: all examples, or the test part that the data declares), train, held-out or test as prune takes them",
        CustomParser = Values.Word(("whole", Part.Whole), ("train", Part.Train), ("held-out", Part.HeldOut), ("test", Part.Test)),
    };

    private static readonly Option<int?> Batch = new("--batch") { HelpName = "N", Description = "examples at once; 256 unless told", CustomParser = Values.Int(1, 1 << 20) };

    private enum Part
    {
        Whole,
        Train,
        HeldOut,
        Test,
    }

    public static Command Create()
    {
        var command = new Command("evaluate", "Measure models on data in ONNX Runtime: quality in total and by class, agreement with the first.") { Models, PartOf, Batch }.WithData().WithTask();
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult request, CancellationToken cancel)
    {
        Output.Probe(request);
        var threads = GlobalOptions.UseThreads(request);
        var evaluated = await Watch.RunAsync(request, progress =>
        {
            using var data = DataFlags.Require(request, request.GetRequiredValue(Models)[0], request.GetValue(GlobalOptions.Seed) ?? 1, progress, cancel);
            var (task, metric) = TaskFlags.Of(request);
            var settings = new EvaluationSettings { Threads = threads, Task = task ?? data.Task, Metric = metric ?? data.Metric, ClassNames = data.ClassNames };
            if (request.GetValue(Batch) is { } batch) settings = settings with { Batch = batch };
            var part = request.GetValue(PartOf) ?? Part.Whole;
            var evaluated = Evaluator.Run(request.GetRequiredValue(Models), Examples(data, part), settings, progress, cancel);
            return new Evaluated(data.Description, part, evaluated.Task, evaluated.Results);
        }, cancel);
        Output.Write(request, evaluated, console => Show(evaluated, console));
    }

    private static Examples Examples(DataSet data, Part part) => part switch
    {
        Part.Whole => data.Whole,
        Part.Train => data.Train,
        Part.HeldOut => data.HeldOut,
        Part.Test => data.Test,
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, null),
    };

    private static void Show(Evaluated evaluated, IAnsiConsole console)
    {
        var results = evaluated.Results;
        console.WriteLine(evaluated.Data);
        console.WriteLine();
        var models = Output.Table(console, "model", $">{results[0].Metric}", ">samples", ">loss", ">agreement");
        foreach (var result in results)
            models.Row(result.Model, Figures.Quality(result.Metric, result.Value), Figures.Count(result.Samples), Figures.Number(result.Loss), Figures.Percent(result.Agreement));
        console.Write(models);
        if (results[0].Slices.IsEmpty) return;
        console.WriteLine();
        var slices = Output.Table(console, ["class", ">samples", .. results.Select(result => $">{Path.GetFileName(result.Model)}")]);
        foreach (var (index, slice) in results[0].Slices.Index())
            slices.Row([slice.Slice, Figures.Count(slice.Samples), .. results.Select(result => Figures.Quality(result.Metric, result.Slices[index].Value))]);
        console.Write(slices);
    }

    /// <summary>What <c>evaluate</c> writes.</summary>
    /// <param name="Data">What was read.</param>
    /// <param name="Part">Which of it was measured on.</param>
    /// <param name="Task">What the models were taken for, and why.</param>
    private sealed record Evaluated(string Data, Part Part, Tasks.TaskFacts Task, ImmutableArray<ModelQuality> Results);
}
