using System.Collections.Immutable;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>One operation of the graph, its attributes with ONNX's own names and defaults.</summary>
public sealed class Node
{
    private readonly Dictionary<string, AttributeProto> attributes;

    internal Node(NodeProto proto, int index, long opset)
    {
        Proto = proto;
        Opset = opset;
        Name = proto.Name is { Length: > 0 } name ? name : $"{proto.OpType}_{index}";
        Inputs = [.. proto.Input];
        Outputs = [.. proto.Output];
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

    /// <summary>Names of values; an empty name is an optional input left out.</summary>
    public ImmutableArray<string> Inputs { get; }

    public ImmutableArray<string> Outputs { get; }

    public bool Has(string attribute) => attributes.ContainsKey(attribute);

    public bool HasInput(int index) => index < Inputs.Length && Inputs[index].Length > 0;

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

    /// <summary>An error at this node: the fault and the mend, the place is put before it.</summary>
    public SecateurException Error(string faultAndMend) => new($"node '{Name}' ({OpType}): {faultAndMend}");
}
