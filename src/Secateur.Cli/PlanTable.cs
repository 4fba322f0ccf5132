using Spectre.Console;

namespace Secateur.Cli;

/// <summary>A dry run for people.</summary>
internal static class PlanTable
{
    public static void Show(PrunePlan plan, IAnsiConsole console)
    {
        var layers = Output.Table(console, "tensor", "node", ">shape", ">parameters", ">sparsity", "verdict", "why");
        foreach (var layer in plan.Layers)
            layers.Row(layer.Name, layer.Node, Figures.Shape(layer.Shape), Figures.Count(layer.Parameters), Figures.Percent(layer.Sparsity), layer.Verdict, layer.Why);
        console.Write(layers);
        console.WriteLine();
        var totals = Output.Table(console, "", ">before", ">after");
        totals.Row("sparsity", "", plan.Sparsity is { } sparsity ? Figures.Percent(sparsity) : "searched");
        totals.Row("bytes", Figures.Count(plan.BytesBefore), Figures.Count(plan.Bytes));
        totals.Row("MACs", Figures.Count(plan.MacsBefore), Figures.Count(plan.Macs));
        totals.Row("training time", "", Figures.Seconds(plan.Seconds));
        totals.Row("peak memory", "", $"{plan.MemoryMb:0} MB");
        console.Write(totals);
        if (plan.Rounds.Length > 1) console.WriteLine($"sparsity after each round: {string.Join(", ", plan.Rounds.Select(Figures.Percent))}");
        foreach (var note in plan.Notes) console.WriteLine(note);
    }
}
