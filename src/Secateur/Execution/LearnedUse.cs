using System.Collections.Immutable;
using Secateur.Onnx;
using Secateur.Operators;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Execution;

/// <summary>A constant of floats at a node that learns it: read by that node itself, or laid out anew (Transpose, Reshape, Cast ...) by nodes in between.</summary>
/// <param name="Name">The constant.</param>
/// <param name="Node">The node that uses it.</param>
/// <param name="Role">Its place and meaning there; axes are those of the value that the node reads.</param>
/// <param name="Layout">Of that value; null where the file does not tell its shape.</param>
/// <param name="Unfit">Of a weight: why its outputs and inputs cannot be told from the constant's axes; empty where they can.</param>
internal sealed record LearnedUse(string Name, Node Node, Learned Role, AxisLayout? Layout, string Unfit)
{
    /// <summary>The nodes between the constant and the node, in their order.</summary>
    public ImmutableArray<Node> Between { get; private init; } = [];

    public bool IsDirect => Node.Inputs[Role.Input] == Name;

    /// <summary>All uses in the order of the nodes; a constant that several nodes use is there several times.</summary>
    public static ImmutableArray<LearnedUse> Of(OnnxModel model)
    {
        var graph = model.Graph;
        var makers = graph.AllNodes.SelectMany(node => node.Outputs.Where(name => name.Length > 0).Select(name => (name, node))).ToDictionary(made => made.name, made => made.node);
        return
        [
            .. from node in graph.AllNodes
               from role in Operator.For(node, model.Path).Learned(node)
               where node.HasInput(role.Input)
               let use = Trace(node, role)
               where use is not null
               select use,
        ];

        LearnedUse? Trace(Node node, Learned role)
        {
            var (name, chain) = (node.Inputs[role.Input], new Stack<(Node Node, Func<AxisLayout, AxisLayout?> Relayout)>());
            while (!graph.Constants.ContainsKey(name))
            {
                if (!makers.TryGetValue(name, out var maker) || !maker.HasInput(0) || Operator.For(maker, model.Path).Relayout(maker, input => Integers(maker, input)) is not { } relayout) return null;
                chain.Push((maker, relayout));
                name = maker.Inputs[0];
            }
            var constant = graph.Constants[name];
            if (!TorchTensors.IsLearnable(constant.Type())) return null;
            AxisLayout? layout = AxisLayout.Of(constant.Dims);
            var unfit = "";
            foreach (var (link, relayout) in chain)
            {
                layout = relayout(layout);
                if (layout is null) unfit = $"node '{link.Name}' ({link.OpType}) gives it a shape that the file does not tell, so its outputs are not known";
                else if (layout.IsMixed && unfit.Length == 0) unfit = $"node '{link.Name}' ({link.OpType}) mixes its axes, so its outputs are not whole in the file";
                if (layout is null) break;
            }
            var isWeight = role.Kind == LearnedKind.Weight;
            if (layout is null ? !isWeight : !role.Fits(layout.Shape)) return null;
            return new(name, node, role, layout, isWeight ? unfit : "") { Between = [.. chain.Select(link => link.Node)] };
        }

        // a node's input that the file tells: a constant, or a Constant node that holds a few numbers
        long[]? Integers(Node node, int input) => !node.HasInput(input) ? null
            : graph.Constants.GetValueOrDefault(node.Inputs[input])?.Integers()
            ?? (makers.GetValueOrDefault(node.Inputs[input]) is { OpType: "Constant", Domain: "" } held ? held.Ints("value_ints") ?? (held.Has("value_int") ? [held.Int("value_int")] : null) : null);
    }
}
