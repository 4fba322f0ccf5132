using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Structure.Embedding;

/// <summary>A copy of a model whose nodes are put down anew, one after the other, as they were or as they become.</summary>
internal sealed class Draft
{
    private readonly GraphView view;
    private readonly OnnxModel model;
    private readonly Surgery surgery;
    private readonly List<NodeProto> made = [];
    private readonly HashSet<string> written = [], left = [];
    private readonly Dictionary<string, int> balanced = [];

    /// <param name="view">Of the model.</param>
    public Draft(GraphView view)
    {
        this.view = view;
        model = new OnnxModel(view.Network.Model.Proto.Clone(), view.Network.Model.Path);
        surgery = new Surgery(model);
    }

    /// <summary>Every node as it was, with the copy to be put down, in the graph's order.</summary>
    public IEnumerable<(Node Node, NodeProto Copy)> Nodes => view.Network.Graph.Nodes.Zip(model.Graph.Nodes, (node, copy) => (node, copy.Proto));

    /// <summary>Floating-point constants that are other than they were, or new, by name.</summary>
    public IReadOnlySet<string> Written => written;

    /// <summary>Those among them that write a space without mean, with the axis of its features.</summary>
    public IReadOnlyDictionary<string, int> Balanced => balanced;

    public string Unused(string name) => surgery.Unused(name);

    public void Add(NodeProto node) => made.Add(node);

    /// <summary>Puts down a new node; gives its output.</summary>
    public string Add(Node beside, string type, string output, params string[] inputs)
    {
        var proto = new NodeProto { OpType = type, Name = surgery.Unused($"{beside.Name}/{type}") };
        proto.Input.AddRange(inputs);
        proto.Output.Add(output);
        made.Add(proto);
        return output;
    }

    /// <summary>Gives a value that was made before another name, and its own away; nothing may have read it yet.</summary>
    public string Rename(string value)
    {
        var maker = made.Last(node => node.Output.Contains(value));
        return maker.Output[maker.Output.IndexOf(value)] = surgery.Unused($"{value}/turned");
    }

    /// <summary>Another value in the place of a fixed operand, under the same name where nothing else reads it.</summary>
    /// <param name="node">As it was.</param>
    /// <param name="proto">As it becomes.</param>
    /// <param name="input">The operand's place.</param>
    /// <param name="value">Its elements.</param>
    /// <param name="space">That it writes.</param>
    /// <param name="axis">Of what it writes.</param>
    /// <returns>The constant's name, be it cast behind it to the type that the node reads, as it was before.</returns>
    public string Put(Node node, NodeProto proto, int input, Tensor value, Space? space = null, int axis = -1)
    {
        var name = node.Inputs[input];
        var isAlone = view.Network.Constants.ContainsKey(name) && view.Network.Graph.Consumers[name].Length == 1 && node.Inputs.Count(other => other == name) == 1 && !view.Flow.Leaving.Contains(name)
            && !node.Captured.Contains(name);
        if (!isAlone) Leave(name);
        var (stored, read) = (TypeOf(view.Base(name)), TypeOf(name));
        var made = Note(isAlone ? surgery.Replace(name, Held(value, name), name) : surgery.Constant($"{view.Base(name)}/{node.Name}", Held(value, view.Base(name)), view.Base(name)), space, axis);
        proto.Input[input] = made;
        if (stored == read) return made;
        var cast = new NodeProto { OpType = "Cast", Name = surgery.Unused($"{node.Name}/Cast") };
        cast.Input.Add(made);
        cast.Output.Add(proto.Input[input] = surgery.Unused($"{made}/cast"));
        cast.Attribute.Add(new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (long)read });
        this.made.Insert(this.made.FindLastIndex(other => ReferenceEquals(other, proto)) is >= 0 and var place ? place : this.made.Count, cast);
        return made;
    }

    /// <summary>A new constant of floats; gives its name.</summary>
    /// <param name="name">As it would best be.</param>
    /// <param name="value">Its elements.</param>
    /// <param name="like">A value of the graph whose type it takes.</param>
    /// <param name="space">That it writes, with its last axis.</param>
    public string Constant(string name, Tensor value, string like, Space? space = null) => Note(surgery.Constant(name, Held(value, like), like), space, -1);

    /// <summary>A new constant of integers; gives its name.</summary>
    public string Number(string name, Tensor value) => surgery.Constant(name, value);

    /// <summary>A node reads a constant no more; where no other does, it is dropped.</summary>
    public void Leave(string name) => left.Add(view.Network.Constants.ContainsKey(name) ? name : view.Base(name));

    /// <summary>The model of the nodes that were put down.</summary>
    /// <param name="changed">Nodes whose outputs have other shapes.</param>
    public OnnxModel Finish(IEnumerable<Node> changed)
    {
        var graph = model.Proto.Graph;
        var ordered = model.Graph.Nodes.Select(node => node.Proto).ToHashSet(ReferenceEqualityComparer.Instance); // they have changed, and compare by what they hold
        NodeProto[] others = [.. graph.Node.Where(node => !ordered.Contains(node))]; // constants and their other names
        graph.Node.Clear();
        graph.Node.AddRange(others.Concat(made));
        var values = changed.SelectMany(node => node.Outputs).ToHashSet();
        foreach (var value in graph.ValueInfo.Where(value => values.Contains(value.Name)).ToArray()) graph.ValueInfo.Remove(value);
        return Swept();
    }

    private DataType TypeOf(string name) => view.Network.Graph.FloatTypeOf(name) ?? DataType.Float;

    private Tensor Held(Tensor value, string like) => value.to(TorchTensors.TypeOf(TypeOf(like)));

    private string Note(string name, Space? space, int axis)
    {
        written.Add(name);
        if (space is { Centred: true }) balanced[name] = axis;
        return name;
    }

    /// <summary>Without the constants that nothing reads any more, and what laid them out anew.</summary>
    private OnnxModel Swept()
    {
        var (graph, next) = (model.Proto.Graph, model.Reread());
        while (true)
        {
            NodeProto[] idle = [.. next.Graph.Nodes.Where(node => node is { OpType: "Transpose" or "Identity" or "Cast", Domain: "" } && left.Contains(node.Inputs[0])
                && !node.Outputs.Any(next.Graph.Consumers.ContainsKey) && !next.Graph.Outputs.Any(output => node.Outputs.Contains(output.Name))).Select(node => node.Proto)];
            foreach (var node in idle)
            {
                graph.Node.Remove(node);
                left.Add(node.Output[0]);
            }
            if (idle.Length == 0) break;
            next = model.Reread();
        }
        Leftovers.Drop(graph, left.Where(name => !next.Graph.Consumers.ContainsKey(name) && !next.Graph.Outputs.Any(output => output.Name == name)).ToHashSet());
        return next.Reread();
    }
}
