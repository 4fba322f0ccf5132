using System.Collections.Frozen;
using System.Collections.Immutable;
using Google.Protobuf;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>A graph as it is run: nodes in order, values that enter and leave, and all constant tensors by name.</summary>
/// <remarks>
/// Constants are initializers, sparse initializers (made dense) and the tensors and texts of <c>Constant</c> nodes, those of the graphs inside
/// nodes among them. To change one in place is to change the model; a sparse one is packed again when the model is saved. Every value has
/// a name that no other value of the model has, also across graphs (<see cref="Scope"/>).
/// </remarks>
public sealed class Graph
{
    private readonly Dictionary<string, TensorProto> constants = [];
    private readonly List<(SparseTensorProto Sparse, TensorProto Dense, ByteString Read)> sparse = [];

    internal Graph(OnnxModel model) : this(model, Whole(model), new Scope(model.Proto.Graph), "") { }

    private Graph(OnnxModel model, GraphProto proto, Scope scope, string prefix)
    {
        Proto = proto;
        foreach (var tensor in proto.Initializer) Add(tensor.Name, tensor);
        foreach (var tensor in proto.SparseInitializer) AddSparse(tensor);
        HashSet<int> held = [.. proto.Node.Index().Where(node => IsHeld(node.Item)).Select(node => node.Index)];
        Inputs =
        [
            .. proto.Input.Where(input => scope.Find(input.Name) is not { } name || !constants.ContainsKey(name)).Select(input => Value.Of(input,
                scope.Make(input.Name) ?? throw new SecateurException($"{model.Path}: input '{input.Name}' is there twice; export the model again"))),
        ];
        if (proto.Input.Any(input => input.Name.Length == 0) || proto.Output.Any(output => output.Name.Length == 0))
            throw new SecateurException($"{model.Path}: an input or output{(prefix.Length > 0 ? $" of the graph in '{prefix[..^1]}'" : "")} has no name; export the model again");
        foreach (var told in proto.Input) CheckTold(told);
        HashSet<string> leaving = [.. proto.Output.Select(output => output.Name)];
        Nodes = [.. NodeOrder.Of(proto, model.Path).Where(node => !held.Contains(node.Index) && !IsAlias(node.Node)).Select(node => Read(node.Node, node.Index))];
        Outputs =
        [
            .. proto.Output.Select(output => Value.Of(output, scope.Find(output.Name)
                ?? throw new SecateurException($"{model.Path}: output '{output.Name}' is made by no node; export the model again"))),
        ];
        AllNodes = [.. Nodes.SelectMany(node => node.Subgraphs.SelectMany(graph => graph.AllNodes).Append(node))];
        Consumers = AllNodes.SelectMany(node => node.Inputs.Where(name => name.Length > 0).Distinct().Select(name => (name, node)))
            .GroupBy(use => use.name).ToFrozenDictionary(group => group.Key, group => group.Select(use => use.node).ToImmutableArray());
        Captured = Outside();

        void Add(string name, TensorProto tensor)
        {
            constants.Add(scope.Make(name) ?? throw new SecateurException($"{model.Path}: tensor '{name}' is there twice; export the model again"), tensor);
            TensorData.Check(tensor, name, model.Path);
        }

        // an initializer that is declared as an input; ONNX Runtime refuses such too, but no wrong value_info
        void CheckTold(ValueInfoProto told)
        {
            if (told.Type?.TensorType is not { } type || scope.Find(told.Name) is not { } name || !constants.TryGetValue(name, out var tensor)) return;
            var shape = type.Shape?.Dim;
            if (type.ElemType != 0 && type.ElemType != tensor.DataType
                || shape is not null && (shape.Count != tensor.Dims.Count || shape.Zip(tensor.Dims).Any(pair => pair.First.HasDimValue && pair.First.DimValue != pair.Second)))
                throw new SecateurException($"{model.Path}: tensor '{told.Name}' is {tensor.Type()} [{string.Join(", ", tensor.Dims)}], but the file says of it "
                    + $"{(TensorProto.Types.DataType)type.ElemType} [{string.Join(", ", shape?.Take(10).Select(size => size.HasDimValue ? $"{size.DimValue}" : "?") ?? [])}]; export the model again");
        }

        void AddSparse(SparseTensorProto tensor, string? name = null)
        {
            var dense = SparseTensor.ToDense(tensor, model.Path);
            Add(name ?? dense.Name, dense);
            sparse.Add((tensor, dense, dense.RawData));
        }

        // a Constant node that holds a tensor; one that holds a few numbers is run
        bool IsHeld(NodeProto node)
        {
            if (node is not { OpType: "Constant", Output: [{ Length: > 0 } output] } || OnnxModel.Domain(node.Domain).Length > 0) return false;
            foreach (var attribute in node.Attribute)
            {
                switch (attribute.Name)
                {
                    case "value" when attribute.T is { } tensor: Add(output, tensor); return true;
                    case "sparse_value" when attribute.SparseTensor is { } tensor: AddSparse(tensor, output); return true;
                    case "value_string": Add(output, TensorData.Of(output, [attribute.S])); return true;
                    case "value_strings": Add(output, TensorData.Of(output, attribute.Strings, attribute.Strings.Count)); return true;
                }
            }
            return false;
        }

        // exporters write equal constants once and hand them on by Identity: to all who read it, it is the constant
        bool IsAlias(NodeProto node) => node is { OpType: "Identity", Input: [var input], Output: [{ Length: > 0 } output] } && !leaving.Contains(output)
            && scope.Find(input) is { } name && constants.ContainsKey(name) && scope.Alias(output, name);

        Node Read(NodeProto node, int index)
        {
            var name = node.Name is { Length: > 0 } own ? own : $"{prefix}{node.OpType}_{index}";
            OperatorSets.Check(node, name, model.Opset(node.Domain), model.Path);
            string[] inputs = [.. node.Input.Select(input => input.Length == 0 ? "" : scope.Find(input)
                ?? throw new SecateurException($"{model.Path}: node '{name}' reads '{input}', which nothing before it makes; export the model again"))];
            Dictionary<string, Graph> subgraphs = [];
            foreach (var attribute in node.Attribute)
            {
                if (attribute.T is { } tensor) TensorData.Check(tensor, $"{name}.{attribute.Name}", model.Path);
                if (attribute.G is { } graph) subgraphs[attribute.Name] = Inner(graph, name);
            }
            string[] outputs = [.. node.Output.Select(output => output.Length == 0 ? "" : scope.Make(output)
                ?? throw new SecateurException($"{model.Path}: value '{output}' is made twice, again by node '{name}'; export the model again"))];
            return new Node(this, node, name, model.Opset(node.Domain), [.. inputs], [.. outputs], subgraphs);
        }

        Graph Inner(GraphProto graph, string holder)
        {
            var inner = new Graph(model, graph, new Scope(graph, scope, holder), holder + "/");
            foreach (var (name, tensor) in inner.constants) constants.Add(name, tensor);
            sparse.AddRange(inner.sparse);
            return inner;
        }
    }

    public GraphProto Proto { get; }

    /// <summary>In an order in which they can be run. <c>Constant</c> nodes that hold a tensor are not among them, nor an <c>Identity</c> of a constant.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>The nodes, each after those of the graphs inside it.</summary>
    public ImmutableArray<Node> AllNodes { get; }

    public ImmutableArray<Value> Inputs { get; }

    public ImmutableArray<Value> Outputs { get; }

    /// <summary>The shape of an input with every open dimension replaced, as <see cref="Value.ShapeWith"/> does; a dimension that is named as the first one of another input is the batch too, such as that of a recurrent state [layers, batch, hidden].</summary>
    public long[] ShapeWith(Value input, long batch, long? open = null) =>
        [.. input.ShapeWith(batch, open).Select((size, axis) => input.Shape[axis] is null && IsBatch(input.Symbols[axis]) ? batch : size)];

    /// <summary>By name, with those of the graphs inside nodes.</summary>
    public IReadOnlyDictionary<string, TensorProto> Constants => constants;

    /// <summary>The nodes that read a value, by its name; nodes of graphs inside nodes among them.</summary>
    public FrozenDictionary<string, ImmutableArray<Node>> Consumers { get; }

    /// <summary>Of a graph inside a node: the values that it reads from around it, by name.</summary>
    public ImmutableArray<string> Captured { get; }

    /// <summary>The type that the file states for a value; null where it states none.</summary>
    public TensorProto.Types.DataType? TypeOf(string name) => constants.TryGetValue(name, out var constant) ? constant.Type()
        : Inputs.FirstOrDefault(input => input.Name == name)?.Type
        ?? (TensorProto.Types.DataType?)Proto.ValueInfo.FirstOrDefault(value => value.Name == name)?.Type?.TensorType?.ElemType;

    private bool IsBatch(string symbol) => symbol.Length > 0 && Inputs.Any(input => input.Shape is [null, ..] && input.Symbols[0] == symbol);

    /// <summary>Writes dense copies that were changed back into their sparse initializers.</summary>
    internal void StoreSparse()
    {
        for (var i = 0; i < sparse.Count; i++)
        {
            var (tensor, dense, read) = sparse[i];
            if (ReferenceEquals(dense.RawData, read)) continue;
            var made = SparseTensor.FromDense(dense);
            (tensor.Values, tensor.Indices) = (made.Values, made.Indices);
            tensor.Dims.Clear();
            tensor.Dims.Add(made.Dims);
            sparse[i] = (tensor, dense, dense.RawData);
        }
    }

    private static GraphProto Whole(OnnxModel model) => model.Proto.Graph is { Node.Count: > 0 } proto ? proto
        : throw new SecateurException($"{model.Path}: holds no graph, so it is no ONNX model; export it again");

    private ImmutableArray<string> Outside()
    {
        HashSet<string> own = [.. constants.Keys, .. Inputs.Select(input => input.Name), .. Nodes.SelectMany(node => node.Outputs)];
        return [.. Nodes.SelectMany(node => node.Inputs.Concat(node.Captured)).Concat(Outputs.Select(output => output.Name))
            .Where(name => name.Length > 0 && !own.Contains(name)).Distinct()];
    }
}
