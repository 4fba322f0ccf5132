using System.Collections.Frozen;
using System.Collections.Immutable;
using Google.Protobuf;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>A value that enters or leaves the graph. A dimension is its size, or null where the file leaves it open.</summary>
public sealed record Value(string Name, TensorProto.Types.DataType Type, ImmutableArray<long?> Shape, ImmutableArray<string> Symbols)
{
    /// <summary>The shape with every open dimension replaced: the first by <paramref name="batch"/>, others by <paramref name="open"/>.</summary>
    public long[] ShapeWith(long batch, long open = 1) => [.. Shape.Select((size, axis) => size ?? (axis == 0 ? batch : open))];

    public override string ToString() =>
        $"{Name} [{string.Join(", ", Shape.Select((size, axis) => size?.ToString() ?? (Symbols[axis] is { Length: > 0 } s ? s : "?")))}]";
}

/// <summary>The graph as it is run: nodes in order, values that enter and leave, and all constant tensors by name.</summary>
/// <remarks>
/// Constants are initializers, sparse initializers (made dense) and the <c>value</c> of <c>Constant</c> nodes. To change one in place is to
/// change the model; a sparse one is packed again when the model is saved.
/// </remarks>
public sealed class Graph
{
    private readonly Dictionary<string, TensorProto> constants = [];
    private readonly List<(SparseTensorProto Sparse, TensorProto Dense, ByteString Read)> sparse = [];

    internal Graph(OnnxModel model)
    {
        if (model.Proto.Graph is not { Node.Count: > 0 } proto)
            throw new SecateurException($"{model.Path}: holds no graph, so it is no ONNX model; export it again");
        Proto = proto;
        foreach (var tensor in proto.Initializer) Add(model, tensor.Name, tensor);
        foreach (var tensor in proto.SparseInitializer)
        {
            var dense = SparseTensor.ToDense(tensor, model.Path);
            Add(model, dense.Name, dense);
            sparse.Add((tensor, dense, dense.RawData));
        }
        var opsets = model.Proto.OpsetImport.GroupBy(import => import.Domain is "ai.onnx" ? "" : import.Domain)
            .ToDictionary(group => group.Key, group => group.Max(import => import.Version));
        var nodes = ImmutableArray.CreateBuilder<Node>();
        foreach (var (index, node) in proto.Node.Index())
        {
            var value = node.OpType == "Constant" ? node.Attribute.FirstOrDefault(a => a.Name == "value")?.T : null;
            if (value is not null && node.Output is [{ Length: > 0 } output])
            {
                Add(model, output, value);
                continue;
            }
            var step = new Node(node, index, opsets.GetValueOrDefault(node.Domain is "ai.onnx" ? "" : node.Domain, 1));
            foreach (var attribute in node.Attribute)
                if (attribute.T is { } tensor) TensorData.Check(tensor, $"{step.Name}.{attribute.Name}", model.Path);
            nodes.Add(step);
        }
        Nodes = nodes.ToImmutable();
        Inputs = [.. proto.Input.Where(input => !constants.ContainsKey(input.Name)).Select(Describe)];
        Outputs = [.. proto.Output.Select(Describe)];
        CheckOrder(model.Path);
        Consumers = Nodes.SelectMany(node => node.Inputs.Where(name => name.Length > 0).Distinct().Select(name => (name, node)))
            .GroupBy(use => use.name).ToFrozenDictionary(group => group.Key, group => group.Select(use => use.node).ToImmutableArray());
    }

    public GraphProto Proto { get; }

    /// <summary>In an order in which they can be run; <c>Constant</c> nodes that hold a tensor are not among them.</summary>
    public ImmutableArray<Node> Nodes { get; }

    public ImmutableArray<Value> Inputs { get; }

    public ImmutableArray<Value> Outputs { get; }

    public IReadOnlyDictionary<string, TensorProto> Constants => constants;

    /// <summary>The nodes that read a value, by its name.</summary>
    public FrozenDictionary<string, ImmutableArray<Node>> Consumers { get; }

    /// <summary>Writes dense copies that were changed back into their sparse initializers.</summary>
    internal void StoreSparse()
    {
        for (var i = 0; i < sparse.Count; i++)
        {
            var (tensor, dense, read) = sparse[i];
            if (ReferenceEquals(dense.RawData, read)) continue;
            var made = SparseTensor.FromDense(dense);
            (tensor.Values, tensor.Indices) = (made.Values, made.Indices);
            sparse[i] = (tensor, dense, dense.RawData);
        }
    }

    private void Add(OnnxModel model, string name, TensorProto tensor)
    {
        if (!constants.TryAdd(name, tensor)) throw new SecateurException($"{model.Path}: tensor '{name}' is there twice; export the model again");
        TensorData.Check(tensor, name, model.Path);
    }

    private void CheckOrder(string path)
    {
        HashSet<string> known = [.. constants.Keys];
        foreach (var input in Inputs)
            if (!known.Add(input.Name)) throw new SecateurException($"{path}: input '{input.Name}' is there twice; export the model again");
        foreach (var node in Nodes)
        {
            foreach (var input in node.Inputs)
                if (input.Length > 0 && !known.Contains(input))
                    throw new SecateurException($"{path}: node '{node.Name}' reads '{input}', which nothing before it makes; export the model again");
            foreach (var output in node.Outputs)
                if (output.Length > 0 && !known.Add(output))
                    throw new SecateurException($"{path}: value '{output}' is made twice, again by node '{node.Name}'; export the model again");
        }
        foreach (var output in Outputs)
            if (!known.Contains(output.Name))
                throw new SecateurException($"{path}: output '{output.Name}' is made by no node; export the model again");
    }

    private static Value Describe(ValueInfoProto info)
    {
        var tensor = info.Type?.TensorType;
        var dimensions = tensor?.Shape?.Dim ?? [];
        return new Value(info.Name, (TensorProto.Types.DataType)(tensor?.ElemType ?? 0),
            [.. dimensions.Select(d => d.HasDimValue && d.DimValue > 0 ? d.DimValue : (long?)null)],
            [.. dimensions.Select(d => d.HasDimParam ? d.DimParam : "")]);
    }
}
