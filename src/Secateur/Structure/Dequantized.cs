using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Operators;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>A quantized model with the numbers that its weights stand for in place of their integers, under the same names: what scores and masks are of, while units go from the integers.</summary>
/// <remarks>A weight is a constant of integers behind a <c>DequantizeLinear</c> that nothing else reads; that node hands on the numbers then.</remarks>
internal static class Dequantized
{
    /// <param name="model">Not changed.</param>
    /// <returns>Null where it has no such weight.</returns>
    public static OnnxModel? Of(OnnxModel model)
    {
        if (!model.Graph.Nodes.Any(node => IsWeight(node, model.Graph))) return null;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var made = new OnnxModel(model.Proto.Clone(), model.Path);
        var surgery = new Surgery(made);
        HashSet<string> names = [];
        foreach (var node in made.Graph.Nodes.Where(node => IsWeight(node, made.Graph)).ToArray())
        {
            if (Numbers(node, made) is not { dtype: ScalarType.Float32 } numbers) continue;
            names.Add(surgery.Replace(node.Inputs[0], numbers));
            (node.Proto.OpType, node.Proto.Domain) = ("Identity", "");
            node.Proto.Attribute.Clear();
            while (node.Proto.Input.Count > 1) node.Proto.Input.RemoveAt(1);
        }
        made = made.Reread();
        return LearnedUse.Of(made).Any(use => use.Role.Kind == LearnedKind.Weight && names.Contains(use.Name)) ? made : null;
    }

    /// <summary>What the integers stand for; null where they cannot be run, which the model's run tells.</summary>
    private static Tensor? Numbers(Node node, OnnxModel model)
    {
        IDisposable?[] inputs = [.. node.Inputs.Select(name => name.Length == 0 ? null : model.Graph.Constants[name].ToTorch())];
        try
        {
            return Pass.Execute(node, Operator.For(node, model.Path), inputs, default, (_, _) => [])[0] as Tensor;
        }
        catch (SecateurException)
        {
            return null;
        }
    }

    private static bool IsWeight(Node node, Graph graph) => node is { OpType: "DequantizeLinear", Domain: "" or "com.microsoft" } && node.HasInput(0)
        && node.Inputs.All(name => name.Length == 0 || graph.Constants.TryGetValue(name, out var constant) && TorchTensors.Holds(constant.Type()))
        && graph.Constants[node.Inputs[0]].CanSlice() && graph.Consumers[node.Inputs[0]] is [_] && !graph.Outputs.Any(output => output.Name == node.Inputs[0]);
}
