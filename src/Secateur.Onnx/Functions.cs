using Google.Protobuf.Collections;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>Puts the bodies of a model's own functions in the place of their calls, in the model itself: so the weights in them can be found and changed.</summary>
/// <remarks>A body computes with the model's operator sets; ONNX asks that those which the function imports mean the same.</remarks>
internal sealed class Functions
{
    // a file of a few hundred bytes can ask for 2^50 nodes: functions that call two others each
    private const int MostNodes = 100_000, MostDeep = 100;
    private const long MostBytes = 256 << 20;

    private readonly string path;
    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> known = [];
    private readonly HashSet<string> taken = [];
    private readonly List<FunctionProto> open = [];
    private int nodes;
    private long bytes;

    private Functions(ModelProto model, string path)
    {
        this.path = path;
        foreach (var function in model.Functions)
            if (!known.TryAdd((OnnxModel.Domain(function.Domain), function.Name, function.Overload), function))
                throw new SecateurException($"{path}: function '{function.Name}' is there twice; export the model again");
        Take(model.Graph);
    }

    /// <exception cref="SecateurException">Functions call themselves, or make too much of a small file; the message names one.</exception>
    public static void Inline(ModelProto model, string path)
    {
        if (model.Functions.Count == 0 || model.Graph is null) return;
        var functions = new Functions(model, path);
        functions.Expand(model.Graph.Node);
        var own = model.OpsetImport.Select(import => OnnxModel.Domain(import.Domain)).ToHashSet();
        foreach (var import in model.Functions.SelectMany(function => function.OpsetImport))
            if (own.Add(OnnxModel.Domain(import.Domain))) model.OpsetImport.Add(import);
        var used = Used(model.Graph).ToHashSet();
        foreach (var import in model.OpsetImport.ToArray())
            if (!used.Contains(OnnxModel.Domain(import.Domain)) && model.Functions.Any(function => OnnxModel.Domain(function.Domain) == OnnxModel.Domain(import.Domain)))
                model.OpsetImport.Remove(import);
        model.Functions.Clear();
    }

    private static IEnumerable<string> Used(GraphProto graph) => graph.Node.SelectMany(node => Graphs(node).SelectMany(Used).Append(OnnxModel.Domain(node.Domain)));

    private static IEnumerable<GraphProto> Graphs(NodeProto node) =>
        node.Attribute.SelectMany(attribute => attribute.Graphs.Prepend(attribute.G)).Where(graph => graph is not null);

    private void Take(GraphProto graph)
    {
        taken.UnionWith(Scope.Names(graph));
        foreach (var inner in graph.Node.SelectMany(Graphs)) Take(inner);
    }

    private void Expand(RepeatedField<NodeProto> field)
    {
        var before = field.ToArray();
        field.Clear();
        foreach (var node in before)
        {
            foreach (var graph in Graphs(node)) Expand(graph.Node);
            if (known.TryGetValue((OnnxModel.Domain(node.Domain), node.OpType, node.Overload), out var function)) field.Add(Body(node, function));
            else field.Add(node);
        }
    }

    private RepeatedField<NodeProto> Body(NodeProto call, FunctionProto function)
    {
        if (open.Contains(function)) throw new SecateurException($"{path}: function '{function.Name}' calls itself; export the model without functions");
        nodes += function.Node.Count;
        bytes += function.Node.Sum(node => (long)node.CalculateSize() - Tensors.Of([node]).Sum(one => (long)one.Tensor.RawData.Length));
        if (nodes > MostNodes || bytes > MostBytes || open.Count == MostDeep)
            throw new SecateurException($"{path}: function '{function.Name}' and those it calls take over {MostNodes:N0} nodes, {MostBytes >> 20} MB or {MostDeep} levels in place; export the model without functions");
        var name = call.Name.Length > 0 ? call.Name : call.Output.FirstOrDefault(output => output.Length > 0) ?? function.Name;
        Dictionary<string, string> values = new() { [""] = "" };
        for (var i = 0; i < function.Input.Count; i++) values[function.Input[i]] = i < call.Input.Count ? call.Input[i] : "";
        RepeatedField<NodeProto> passed = [];
        for (var i = 0; i < function.Output.Count && i < call.Output.Count; i++)
        {
            if (call.Output[i].Length == 0 || values.TryAdd(function.Output[i], call.Output[i])) continue;
            var identity = new NodeProto { OpType = "Identity", Name = $"{name}/{function.Output[i]}" }; // an input, or an output given twice
            identity.Input.Add(values[function.Output[i]]);
            identity.Output.Add(call.Output[i]);
            passed.Add(identity);
        }
        var attributes = function.AttributeProto.Concat(call.Attribute).GroupBy(attribute => attribute.Name).ToDictionary(group => group.Key, group => group.Last());
        RepeatedField<NodeProto> body = [];
        foreach (var node in function.Node) body.Add(node.Clone());
        Rename(body, name, values, attributes);
        body.Add(passed);
        open.Add(function);
        Expand(body);
        open.RemoveAt(open.Count - 1);
        return body;
    }

    /// <summary>Gives every value a name of this call's, and every attribute that refers to one of the function its value.</summary>
    private void Rename(RepeatedField<NodeProto> body, string call, Dictionary<string, string> values, Dictionary<string, AttributeProto> attributes)
    {
        foreach (var node in body)
        {
            if (node.Name.Length > 0) node.Name = $"{call}/{node.Name}";
            foreach (var attribute in node.Attribute.Where(attribute => attribute.RefAttrName.Length > 0).ToArray())
            {
                node.Attribute.Remove(attribute);
                if (!attributes.TryGetValue(attribute.RefAttrName, out var value)) continue;
                var own = value.Clone();
                own.Name = attribute.Name;
                node.Attribute.Add(own);
            }
            for (var i = 0; i < node.Input.Count; i++) node.Input[i] = New(node.Input[i]);
            foreach (var graph in Graphs(node)) RenameInside(graph);
            for (var i = 0; i < node.Output.Count; i++) node.Output[i] = New(node.Output[i]);
        }

        void RenameInside(GraphProto graph)
        {
            foreach (var tensor in graph.Initializer) tensor.Name = New(tensor.Name);
            foreach (var tensor in graph.SparseInitializer)
                if (tensor.Values is { } held) held.Name = New(held.Name);
            foreach (var value in graph.Input) value.Name = New(value.Name);
            Rename(graph.Node, call, values, attributes);
            foreach (var value in graph.Output.Concat(graph.ValueInfo)) value.Name = New(value.Name);
        }

        string New(string name)
        {
            if (values.TryGetValue(name, out var there)) return there;
            var free = $"{call}/{name}";
            for (var again = 2; !taken.Add(free); again++) free = $"{call}/{name}_{again}";
            return values[name] = free;
        }
    }
}
