using System.Collections.Immutable;

namespace Secateur.Sparse.Provider;

/// <summary>A graph of ONNX Runtime's as it is now, with who uses what; it dies with the call that it was given to.</summary>
internal sealed unsafe class GraphView
{
    private readonly Ort _ort;
    private readonly Dictionary<string, GraphValue> _values = [];

    public GraphView(Ort ort, void* graph)
    {
        _ort = ort;
        Nodes = [.. ort.List(Slot.Graph_GetNumNodes, Slot.Graph_GetNodes, graph).Select(Node)];
    }

    /// <summary>Makers before users.</summary>
    public ImmutableArray<GraphNode> Nodes { get; }

    private GraphNode Node(nint handle)
    {
        var node = new GraphNode(_ort, handle)
        {
            Inputs = Values(Slot.Node_GetNumInputs, Slot.Node_GetInputs, handle),
            Outputs = Values(Slot.Node_GetNumOutputs, Slot.Node_GetOutputs, handle),
        };
        foreach (var output in node.Outputs) output?.Maker = node;
        foreach (var input in node.Inputs) input?.Users.Add(node);
        foreach (var inner in Values(Slot.Node_GetNumImplicitInputs, Slot.Node_GetImplicitInputs, handle)) inner?.Users.Add(node); // in a body of its
        return node;
    }

    private ImmutableArray<GraphValue?> Values(Slot count, Slot fill, nint node) => [.. _ort.List(count, fill, (void*)node).Select(Value)];

    private GraphValue? Value(nint handle)
    {
        if (handle == 0) return null;
        var name = _ort.Text(Slot.GetValueInfoName, (void*)handle);
        if (name.Length == 0) return null;
        if (!_values.TryGetValue(name, out var value)) _values[name] = value = new(_ort, handle, name);
        return value;
    }
}
