using Secateur.Onnx.Proto;

namespace Secateur.Onnx.Packing;

/// <summary>The nodes that multiply by a constant.</summary>
/// <param name="Reads">Each, and which input it is; where it becomes floats first or is laid out anew, the node that does.</param>
/// <param name="IsTurned">Whether the outputs lie along the second axis of the matrix that it is, or else the first one.</param>
/// <param name="Objection">What else is done with it, which keeps it dense; else null, and Secateur's execution provider takes all the nodes.</param>
internal sealed record WeightUse(List<(NodeProto Node, int Input)> Reads, bool IsTurned, string? Objection)
{
    /// <summary>Elements that an output sums over.</summary>
    public long Columns { get; private init; }

    /// <summary>[outputs] of bytes: the zero point of each; none of other types.</summary>
    public byte[] Zeros { get; private init; } = [];

    /// <summary>Whether integers may be multiplied, so that the provider takes it only where their sums are exact.</summary>
    public bool MakesSums { get; private init; }

    /// <summary>By the name of the constant, of all that anything reads or that enter or leave the graph.</summary>
    public static Dictionary<string, WeightUse> Of(GraphProto graph, Dictionary<string, GraphConstant> constants)
    {
        Dictionary<string, WeightUse> uses = [];
        var multipliers = new Multipliers(graph, constants);
        foreach (var input in graph.Input)
            if (!constants.TryGetValue(input.Name, out var constant) || !constant.Is(input)) Refuse(input.Name, "is an input, which a caller may replace");
        foreach (var output in graph.Output) Refuse(output.Name, "leaves the graph");
        foreach (var inner in Scope.Graphs(graph).Skip(1))
            foreach (var name in inner.Node.SelectMany(node => node.Input).Concat(inner.Output.Select(output => output.Name))) Refuse(name, "is read by a graph inside a node");
        foreach (var node in graph.Node)
            for (var i = 0; i < node.Input.Count; i++)
            {
                if (!constants.TryGetValue(node.Input[i], out var constant)) continue;
                if (multipliers.Way(node, i, constant.Tensor) is not { } way)
                {
                    var reader = multipliers.Last(node, i, constant.Tensor);
                    Refuse(node.Input[i], $"is read by {reader.OpType} '{(reader.Name.Length > 0 ? reader.Name : reader.Output.FirstOrDefault())}', {(Multipliers.IsDepthwise(reader, constant.Tensor.Dims) ? "which is depthwise" : "in a way that the provider does not take")}");
                }
                else if (!uses.TryGetValue(node.Input[i], out var known)) uses[node.Input[i]] = new([(node, i)], way.IsTurned, null) { Columns = way.Columns, Zeros = way.Zeros, MakesSums = way.MakesSums };
                else if ((known.IsTurned, known.Columns) != (way.IsTurned, way.Columns)) Refuse(node.Input[i], "is read turned by one node and not by another");
                else if (!known.Zeros.AsSpan().SequenceEqual(way.Zeros)) Refuse(node.Input[i], "is read with one zero point by one node and with another by another");
                else
                {
                    known.Reads.Add((node, i));
                    if (way.MakesSums) uses[node.Input[i]] = known with { MakesSums = true };
                }
            }
        return uses;

        void Refuse(string name, string objection)
        {
            if (!constants.ContainsKey(name)) return;
            if (!uses.TryGetValue(name, out var known)) uses[name] = new([], false, objection);
            else if (known.Objection is null) uses[name] = known with { Objection = objection };
        }
    }
}
