using Secateur.Onnx.Proto;

namespace Secateur.Onnx.Packing;

/// <summary>The nodes that multiply by a constant.</summary>
/// <param name="Reads">Each, and which input it is; where it becomes floats first or is laid out anew, the node that does.</param>
/// <param name="IsTurned">Whether the outputs lie along the second axis of the matrix that it is, or else the first one.</param>
/// <param name="Objection">What else is done with it, which keeps it dense; else null, and Secateur's execution provider takes all the nodes.</param>
internal sealed record WeightUse(List<WeightRead> Reads, bool IsTurned, string? Objection)
{
    /// <summary>Elements that an output sums over.</summary>
    public long Columns { get; private init; }

    /// <summary>[outputs] of bytes: the zero point of each; none of other types.</summary>
    public byte[] Zeros { get; private init; } = [];

    /// <summary>Whether integers may be multiplied, so that the provider takes it only where their sums are exact.</summary>
    public bool MakesSums { get; private init; }

    /// <summary>By the name of the constant, of all that anything reads or that enter or leave the graph. Graphs inside nodes read them too.</summary>
    public static Dictionary<string, WeightUse> Of(GraphProto graph, Dictionary<string, GraphConstant> constants)
    {
        Dictionary<string, WeightUse> uses = [];
        foreach (var input in graph.Input)
            if (!constants.TryGetValue(input.Name, out var constant) || !constant.Is(input)) Refuse(input.Name, constants, "is an input, which a caller may replace");
        Look(graph, constants, "leaves the graph");
        return uses;

        void Look(GraphProto graph, Dictionary<string, GraphConstant> visible, string leaves)
        {
            foreach (var output in graph.Output) Refuse(output.Name, visible, leaves);
            var multipliers = new Multipliers(graph, visible);
            foreach (var node in graph.Node)
            {
                for (var i = 0; i < node.Input.Count; i++)
                    if (visible.TryGetValue(node.Input[i], out var constant) && constant == constants.GetValueOrDefault(node.Input[i])) Add(new(graph, node, i), constant, multipliers, visible);
                foreach (var inner in node.Attribute.SelectMany(attribute => attribute.Graphs.Prepend(attribute.G)).Where(inner => inner is not null)) Look(inner, GraphConstant.Of(inner, visible), "leaves a graph inside a node");
            }
        }

        void Add(WeightRead read, GraphConstant constant, Multipliers multipliers, Dictionary<string, GraphConstant> visible)
        {
            var name = read.Node.Input[read.Input];
            if (multipliers.Way(read.Node, read.Input, constant.Tensor) is not { } way)
            {
                var reader = multipliers.Last(read.Node, read.Input, constant.Tensor);
                Refuse(name, visible, $"is read by {reader.OpType} '{(reader.Name.Length > 0 ? reader.Name : reader.Output.FirstOrDefault())}', {(Multipliers.IsDepthwise(reader, constant.Tensor.Dims) ? "which is depthwise" : "in a way that the provider does not take")}");
            }
            else if (!uses.TryGetValue(name, out var known)) uses[name] = new([read], way.IsTurned, null) { Columns = way.Columns, Zeros = way.Zeros, MakesSums = way.MakesSums };
            else if ((known.IsTurned, known.Columns) != (way.IsTurned, way.Columns)) Refuse(name, visible, "is read turned by one node and not by another");
            else if (!known.Zeros.AsSpan().SequenceEqual(way.Zeros)) Refuse(name, visible, "is read with one zero point by one node and with another by another");
            else
            {
                known.Reads.Add(read);
                if (way.MakesSums) uses[name] = known with { MakesSums = true };
            }
        }

        void Refuse(string name, Dictionary<string, GraphConstant> visible, string objection)
        {
            if (!visible.TryGetValue(name, out var constant) || constant != constants.GetValueOrDefault(name)) return;
            if (!uses.TryGetValue(name, out var known)) uses[name] = new([], false, objection);
            else if (known.Objection is null) uses[name] = known with { Objection = objection };
        }
    }
}

/// <summary>A node that reads a weight.</summary>
/// <param name="Graph">In which it is.</param>
/// <param name="Node">Itself.</param>
/// <param name="Input">Which of its inputs that is.</param>
internal readonly record struct WeightRead(GraphProto Graph, NodeProto Node, int Input);
