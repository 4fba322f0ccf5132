using System.Collections.Immutable;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>One operation of the graph, its attributes with ONNX's own names and defaults.</summary>
public sealed class Node
{
    private readonly Dictionary<string, AttributeProto> attributes;

    private readonly Dictionary<string, Graph> subgraphs;
    private readonly Graph graph;

    internal Node(
        Graph graph, NodeProto proto, string name, long opset, ImmutableArray<string> inputs, ImmutableArray<string> outputs, Dictionary<string, Graph> subgraphs)
    {
        (this.graph, Proto, Name, Opset, Inputs, Outputs, this.subgraphs) = (graph, proto, name, opset, inputs, outputs, subgraphs);
        Captured = [.. subgraphs.Values.SelectMany(graph => graph.Captured).Distinct()];
        attributes = new(proto.Attribute.Count);
        foreach (var attribute in proto.Attribute) attributes[attribute.Name] = attribute;
    }

    public NodeProto Proto { get; }

    /// <summary>The node's own name, or its type and place where the file gives none.</summary>
    public string Name { get; }

    public string OpType => Proto.OpType;

    /// <summary>Empty for ONNX's own operators.</summary>
    public string Domain => Proto.Domain is "ai.onnx" ? "" : Proto.Domain;

    /// <summary>The version of this node's operator set that the model imports.</summary>
    public long Opset { get; }

    /// <summary>Names of values, unique in the model; an empty name is an optional input left out.</summary>
    public ImmutableArray<string> Inputs { get; }

    public ImmutableArray<string> Outputs { get; }

    /// <summary>The graphs in its attributes, such as the branches of <c>If</c>.</summary>
    public IEnumerable<Graph> Subgraphs => subgraphs.Values;

    /// <summary>Values that its subgraphs read beside those that it hands them, by name.</summary>
    public ImmutableArray<string> Captured { get; }

    public bool Has(string attribute) => attributes.ContainsKey(attribute);

    public bool HasInput(int index) => index < Inputs.Length && Inputs[index].Length > 0;

    /// <summary>The type that the file states for an input, as of a constant; null where it states none.</summary>
    public TensorProto.Types.DataType? TypeOf(int input) => HasInput(input) ? graph.TypeOf(Inputs[input]) : null;

    public long Int(string attribute, long otherwise = 0) => attributes.TryGetValue(attribute, out var a) ? a.I : otherwise;

    public bool Flag(string attribute, bool otherwise = false) => attributes.TryGetValue(attribute, out var a) ? a.I != 0 : otherwise;

    public float Float(string attribute, float otherwise = 0) => attributes.TryGetValue(attribute, out var a) ? a.F : otherwise;

    public string Text(string attribute, string otherwise = "") =>
        attributes.TryGetValue(attribute, out var a) ? a.S.ToStringUtf8() : otherwise;

    /// <summary>Null where the attribute is left out.</summary>
    public long[]? Ints(string attribute) => attributes.TryGetValue(attribute, out var a) ? [.. a.Ints] : null;

    public float[]? Floats(string attribute) => attributes.TryGetValue(attribute, out var a) ? [.. a.Floats] : null;

    /// <summary>Null where the attribute is left out.</summary>
    public string[]? Texts(string attribute) => attributes.TryGetValue(attribute, out var a) ? [.. a.Strings.Select(text => text.ToStringUtf8())] : null;

    public TensorProto? Tensor(string attribute) => attributes.TryGetValue(attribute, out var a) ? a.T : null;

    /// <exception cref="SecateurException">The attribute is left out or holds no graph.</exception>
    public Graph Subgraph(string attribute) => subgraphs.GetValueOrDefault(attribute)
        ?? throw Error($"attribute {attribute} holds no graph; export the model again");

    /// <summary>An error at this node: the fault and the mend, the place is put before it.</summary>
    public SecateurException Error(string faultAndMend) => new($"node '{Name}' ({OpType}): {faultAndMend}");
}
