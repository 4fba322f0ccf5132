using System.Collections.Immutable;
using System.CommandLine;
using Secateur.Evaluation;
using Secateur.Onnx;
using Spectre.Console;

namespace Secateur.Cli;

internal static class InspectCommand
{
    private const int Shown = 4; // axes of a group; all are in the JSON

    private static readonly Argument<string> Model = new("MODEL") { Description = "the ONNX file to look at" };

    private static readonly Option<bool> Shapes = new("--shapes")
    {
        Description = "tell the shape of every value in the sizes that the inputs leave open; the model is run some ten times for each of these",
    };

    public static Command Create()
    {
        Command command = new("inspect", "Show layers, parameters, MACs, sparsity and prunable groups.") { Model, ShapeFlag.Shape, Shapes, ProviderCommand.Use };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult request, CancellationToken cancel)
    {
        Output.Probe(request);
        GlobalOptions.UseThreads(request);
        var library = request.GetValue(ProviderCommand.Use) ? await ProviderLibrary.FindAsync(request.InvocationConfiguration.Error, cancel) : null;
        var seen = await Task.Run(() => Inspection.Of(OnnxModel.Load(request.GetRequiredValue(Model)), request.GetValue(ShapeFlag.Shape), request.GetValue(Shapes)), cancel);
        if (library is not null) seen = seen with { Provider = OrtProvider.Nodes(request.GetRequiredValue(Model), library.Path) };
        Output.Write(request, seen, console => Show(seen, console));
    }

    private static void Show(Inspection seen, IAnsiConsole console)
    {
        console.WriteLine($"{seen.Path}: opset {seen.Opset}{(seen.Producer.Length == 0 ? "" : $", by {seen.Producer}")}");
        console.WriteLine($"inputs {string.Join(", ", seen.Inputs)}; outputs {string.Join(", ", seen.Outputs)}");
        console.WriteLine();
        var layers = Output.Table(console, "tensor", "kind", "node", ">shape", ">parameters", ">nonzero", ">sparsity", ">MACs");
        foreach (var layer in seen.Layers)
            layers.Row(layer.Name, layer.Kind, $"{layer.Node} ({layer.Op})", Figures.Shape(layer.Shape), Figures.Count(layer.Parameters), Figures.Count(layer.Nonzero),
                Figures.Percent(layer.Sparsity), layer.Macs == 0 ? "" : Figures.Count(layer.Macs));
        var sparsity = seen.Parameters == 0 ? 0 : 1 - ((double)seen.Nonzero / seen.Parameters);
        layers.Row("total", "", "", "", Figures.Count(seen.Parameters), Figures.Count(seen.Nonzero), Figures.Percent(sparsity), Figures.Count(seen.Macs));
        console.Write(layers);
        foreach (var layer in seen.Layers.Where(layer => layer.Unfit.Length > 0)) console.WriteLine($"{layer.Name} cannot be pruned: {layer.Unfit}");
        console.WriteLine();
        var groups = Output.Table(console, "group", "kind", ">units", "free to shrink", "tied together");
        foreach (var group in seen.Groups)
            groups.Row(group.Name, group.Kind, Figures.Count(group.Size), group.Free ? "yes" : $"no: {group.Why}", string.Join(" ", group.Members.Take(Shown)) + (group.Members.Length > Shown ? $" and {group.Members.Length - Shown} more" : ""));
        console.Write(groups);
        console.WriteLine();
        ShowRewriting(seen.Rewriting, console);
        if (seen.Provider is { } nodes) ShowProvider(nodes, console);
        if (seen.Shapes is not { } shapes) return;
        console.WriteLine();
        var values = Output.Table(console, "value", "made by", "shape");
        foreach (var value in shapes) values.Row(value.Name, value.Node.Length == 0 ? "input" : $"{value.Node} ({value.Op})", $"[{string.Join(", ", value.Shape)}]");
        console.Write(values);
    }

    private static void ShowRewriting(InspectedRewriting seen, IAnsiConsole console)
    {
        console.WriteLine(seen.Factorable == 0 ? "rank: no weight can be written as a product of two" : $"rank: {seen.Factorable} weights of {Figures.Count(seen.FactorableParameters)} parameters can be written as products of two");
        foreach (var stream in seen.Streams)
            console.WriteLine($"embedding: a stream of {stream.Width} features, at '{stream.Name}': {stream.Writers} write it, {stream.Readers} read it, {stream.Normalizations} normalize it");
        if (seen.Streams.IsEmpty) console.WriteLine($"embedding: no residual stream can be turned: {seen.StreamsRefused.FirstOrDefault("no sum of two of its values is normalized over its features")}");
    }

    private static void ShowProvider(ImmutableArray<ProviderNode> nodes, IAnsiConsole console)
    {
        console.WriteLine();
        var table = Output.Table(console, "node", "runs on", "weight and what is fused with it, or why not");
        foreach (var node in nodes) table.Row($"{node.Name} ({node.Op})", node.Claimed ? "Secateur" : "CPU", node.Why);
        console.Write(table);
    }
}
