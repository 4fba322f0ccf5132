// dotnet run --project samples/Prune -- model.onnx DATA model.pruned.onnx
using Secateur;
using Secateur.Data;
using Secateur.Reports;

using var data = DataSet.Open(args[1], new DataOptions(), CancellationToken.None);
var recipe = new Recipe { Sparsity = 0.9, Rounds = 3, Schedule = "cubic" };
var result = Pruner.For(args[0]).With(recipe).Run(data, args[2]);
HtmlReport.Write(Path.ChangeExtension(args[2], ".html"), [result]);
Console.WriteLine($"{result.Sparsity:P1} of the weights are gone, {result.Metric} {result.Quality!.Before:P2} -> {result.Quality.After:P2}");
