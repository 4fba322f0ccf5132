using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Operators;
using Secateur.Testing;
using static TorchSharp.torch;

namespace Secateur.Bench;

/// <summary>Which operators of ONNX run, held against ONNX's own node tests, stock ONNX Runtime beside us. Makes docs/operators.md.</summary>
internal static class OperatorPage
{
    private const string Tests = "out/data/node-tests";

    public static void Run(Settings settings)
    {
        var cases = NodeCase.In(Tests).ToArray();
        var results = cases.Select((one, number) =>
        {
            if (number % 100 == 0) Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} node tests: {number} of {cases.Length}");
            return (Case: one, Fault: one.Check(), Runtime: InOnnxRuntime(one));
        }).ToArray();
        string Count(Func<NodeCase, bool> among, Func<(NodeCase Case, string? Fault, string? Runtime), string?> fault) =>
            $"{results.Count(one => among(one.Case) && fault(one) is null)} of {results.Count(one => among(one.Case))}";

        var versions = File.ReadLines("bench/onnx-versions.tsv").Where(line => !line.StartsWith('#')).Select(line => line.Split('\t')).ToDictionary(parts => parts[0], parts => parts[1]);
        var names = versions.Keys.Concat(Operator.All.Keys).Distinct().OrderBy(name => name.Contains('.')).ThenBy(name => name, StringComparer.Ordinal).ToArray();
        var known = names.Where(name => Operator.All.ContainsKey(name) || name == "Constant").ToArray();
        File.WriteAllLines("docs/operators.md",
        [
            "# Operators",
            "",
            $"`{settings.Command}`, {DateTime.UtcNow:yyyy-MM-dd}: ONNX's own node tests (Debian's libonnx-testdata, ONNX 1.12, operator sets up to 17), each run by us and by stock ONNX Runtime {typeof(InferenceSession).Assembly.GetName().Version!.ToString(3)}.",
            "",
            "| passed | Secateur | ONNX Runtime |",
            "| --- | --- | --- |",
            $"| of float32, int32, int64 and bool tensors alone | {Count(one => one.IsCommon, one => one.Fault)} | {Count(one => one.IsCommon, one => one.Runtime)} |",
            $"| of ONNX's own domain, sequences left out | {Count(one => one.IsPlain && !one.HasSequence, one => one.Fault)} | {Count(one => one.IsPlain && !one.HasSequence, one => one.Runtime)} |",
            $"| all | {Count(_ => true, one => one.Fault)} | {Count(_ => true, one => one.Runtime)} |",
            "",
            "Passed means: the types and shapes of all outputs, and every value within 1e-3 relative and 1e-7 absolute, the tolerance of ONNX's own runner. What operator sets above 17 add",
            "is tested beside ONNX Runtime (`tests/Secateur.Tests/Operators`). An operator that a model has and that is not known is told by its name and its node's.",
            "",
            "## What fails, and why",
            "",
            "| case | ONNX Runtime | why | what is said |",
            "| --- | --- | --- | --- |",
            .. results.Where(one => one.Fault is not null).Select(one =>
                $"| {one.Case.Name} | {(one.Runtime is null ? "passes" : "fails")} | {NodeGaps.Reason(one.Case.Name) ?? "to be mended"} | {Cell(one.Fault!)} |"),
            "",
            $"## The {known.Length} that are known",
            "",
            "Versions are the operator sets in which ONNX changed the operator; a model of any set from 7 to 23 runs with the meaning that its set gives. Learned: the inputs that training changes where they are constants, of",
            "which weights (w) are pruned. The last column counts the node tests that the operator is part of.",
            "",
            "| operator | versions | learned | node tests passed |",
            "| --- | --- | --- | --- |",
            .. known.Select(name =>
            {
                var own = results.Where(one => one.Case.Operators.Contains(name)).ToArray();
                return $"| {name} | {versions.GetValueOrDefault(name, "")} | {Learned(name)} | {(own.Length == 0 ? "" : $"{own.Count(one => one.Fault is null)} of {own.Length}")} |";
            }),
            "",
            "## Not known",
            "",
            string.Join(", ", names.Except(known)) + ".",
        ]);
    }

    private static string Learned(string name)
    {
        if (!Operator.All.TryGetValue(name, out var known)) return "";
        var parts = name.Split('.');
        string[] inputs = ["a", "b", "c", "d", "e", "f", "g", "h"];
        var proto = SmallGraphs.Node(parts[^1], inputs, ["y"]);
        proto.Domain = string.Join('.', parts[..^1]);
        var node = SmallGraphs.Of(23, [proto], [.. inputs.Select(input => TensorData.Of(input, [0f], 1))], [], ["y"]).Graph.Nodes[0];
        try
        {
            return string.Join(", ", known.Learned(node).Select(role => $"{role.Input}{(role.Kind == LearnedKind.Weight ? " (w)" : "")}"));
        }
        catch (SecateurException)
        {
            return "by its attributes"; // such as Einsum's equation
        }
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ');

    private static string? InOnnxRuntime(NodeCase one)
    {
        using var scope = NewDisposeScope();
        try
        {
            using var runtime = new OrtModel(Path.Combine(one.Folder, "model.onnx"), threads: 1);
            var inputs = one.Inputs.Zip(one.Proto.Graph.Input, (tensor, input) => (input.Name, Tensor: tensor.ToTorch())).ToDictionary(pair => pair.Name, pair => pair.Tensor);
            return NodeCase.Difference([.. one.Outputs.Select(output => output.ToTorch())], runtime.Run(inputs));
        }
        catch (SecateurException e)
        {
            return e.Message;
        }
    }
}
