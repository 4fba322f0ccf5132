using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using Secateur.Sparse;
using static Secateur.Onnx.Proto.AttributeProto.Types;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Packing;

/// <summary>An ONNX file whose sparse weights are packed for Secateur's execution provider: smaller, and opened without ever being dense. It runs with the provider alone.</summary>
/// <remarks>
/// A weight W that is multiplied by is a tensor of bytes (<see cref="SparseWeightBytes"/>), and in front of each node that takes it stands a node <c>com.secateur.SparseWeight</c>,
/// which makes the floats, or <c>SparseWeightInt8</c> or <c>SparseWeightUint8</c> for those. Its attribute <c>weight</c> is W's name, <c>shape</c> its shape; <c>typed</c> says that W's
/// elements were numbers of protobuf's, not raw bytes.
/// A weight that a <c>Constant</c> node holds stays in it; where graphs inside nodes read it, the node that makes the floats stands in these. All else stays as it is too, so that <see cref="Unpack(ModelProto, string)"/> gives back the same model, each weight bit for bit.
/// </remarks>
public static class ProviderModel
{
    /// <summary>The least share of zeros of a weight that is packed: with fewer at random, dense kernels are faster.</summary>
    public const double LeastZeros = 0.7;

    /// <summary>The fewest elements of such a weight.</summary>
    public const int LeastElements = 1024;

    private const int Version = 1; // of the domain
    private const long MostExact = 1 << 24; // up to which floats, in which the provider sums, hold every whole number
    private const string Typed = "typed";

    private static readonly ImmutableArray<string> Makers = [.. new[] { SparseWeightBytes.Float, SparseWeightBytes.Byte, SparseWeightBytes.SignedByte }.Select(SparseWeightBytes.Operator)];

    // what a weight can be of
    private static readonly ImmutableArray<DataType> Weights = [DataType.Float, DataType.Float16, DataType.Bfloat16, DataType.Double, DataType.Int8, DataType.Uint8];

    /// <param name="path">An ONNX file.</param>
    /// <param name="target">The one file to write.</param>
    /// <param name="cancel">Looked at between tensors.</param>
    /// <param name="leastZeros">0 to 1; negative zeros are none.</param>
    /// <param name="leastElements">Of a weight that is packed.</param>
    /// <returns>Bytes of the model with its external data, the weights that were packed, and those that were not.</returns>
    /// <exception cref="SecateurException">The file is no model, or is over 2 GB even so.</exception>
    public static (long InputBytes, ImmutableArray<SparseFacts> Tensors, ImmutableArray<DenseFacts> Left) Pack(
        string path, string target, CancellationToken cancel, double leastZeros = LeastZeros, int leastElements = LeastElements)
    {
        var (model, data) = OnnxModel.Read(path);
        if (model.Graph is null) throw new SecateurException($"{path}: holds no graph, so it is no ONNX model; export it again");
        if (data.Contains(Path.GetFullPath(target))) throw new SecateurException($"{target}: is a file of the model that is to be packed; name another");
        var inputBytes = data.Append(path).Sum(file => new FileInfo(file).Length);
        var (facts, left) = (ImmutableArray.CreateBuilder<SparseFacts>(), ImmutableArray.CreateBuilder<DenseFacts>());
        var constants = GraphConstant.Of(model);
        var uses = WeightUse.Of(model.Graph, constants);
        HashSet<string> names = [.. Scope.Graphs(model.Graph).SelectMany(graph => Scope.Names(graph).Concat(graph.ValueInfo.Select(value => value.Name)).Concat(graph.Node.SelectMany(node => node.Input)))];
        Dictionary<GraphProto, List<NodeProto>> makers = new(ReferenceEqualityComparer.Instance);
        foreach (var (name, constant) in constants)
        {
            cancel.ThrowIfCancellationRequested();
            var tensor = constant.Tensor;
            if (!uses.TryGetValue(name, out var use) || !Weights.Contains(tensor.Type()) || tensor.Dims.Count < 2 || tensor.Count() < leastElements) continue;
            TensorData.Check(tensor, name, path);
            var type = tensor.Type();
            var census = use.Zeros.Length > 0 ? ByteCensus.Of(tensor.Bytes(), type == DataType.Int8, use.Zeros, use.IsTurned) : new(SparseTensor.Nonzero(tensor, keepSigns: true), 0);
            var objection = use.Objection ?? (type is not (DataType.Float or DataType.Int8 or DataType.Uint8) ? $"is {type}, and Float, Int8 and Uint8 alone are packed"
                : use.Columns > SparseWeightBytes.MostColumns ? "has too many columns"
                : use.MakesSums && census.LargestSum > MostExact ? $"may make sums of {census.LargestSum}, and the provider's are exact up to {MostExact}" : null);
            if (objection is not null || Packed(tensor, use, census, leastZeros) is not { } packed)
            {
                left.Add(new(name, [.. tensor.Dims], 1 - ((double)census.Nonzero / tensor.Count()), objection));
                continue;
            }
            var (shape, bytes, isTyped) = (tensor.Dims.ToArray(), tensor.CalculateSize(), tensor.RawData.Length == 0);
            constant.Name = Fresh($"{name}.packed");
            constant.Fill(DataType.Uint8, packed, [packed.Length]); // a large model is not held twice
            foreach (var (graph, node, input) in use.Reads)
            {
                var elements = Fresh(type == DataType.Float ? $"{name}.floats" : $"{name}.integers");
                if (!makers.TryGetValue(graph, out var some)) makers[graph] = some = [];
                some.Add(Maker(elements, type, constant.Name, name, shape, isTyped));
                node.Input[input] = elements;
                graph.ValueInfo.Add(new ValueInfoProto { Name = elements, Type = GraphConstant.Type(type, shape) }); // the operator itself says nothing of the shape
            }
            facts.Add(new(name, [.. shape], SparseWeightBytes.Look(packed).Entries, bytes, packed.Length));
        }
        foreach (var sparse in model.Graph.SparseInitializer.Where(sparse => sparse.Values is not null && sparse.Dims.Count > 1))
            if (sparse.Dims.Aggregate(1.0, (product, size) => product * size) is var elements && elements >= leastElements)
                left.Add(new(sparse.Values.Name, [.. sparse.Dims], 1 - (sparse.Values.Count() / elements), "is a sparse initializer; pack the file that it was made of"));
        foreach (var (graph, some) in makers) Insert(some, graph);
        if (makers.Count > 0) model.OpsetImport.Add(new OperatorSetIdProto { Domain = SparseWeightBytes.Domain, Version = Version });
        OnnxModel.CheckSize(model, path, $"packed it is still over 2 GB, which one ONNX file cannot hold; pack it as {PackedModel.Extension}");
        AtomicFile.Write(target, stream => model.WriteTo(stream));
        return (inputBytes, facts.ToImmutable(), left.ToImmutable());

        string Fresh(string name)
        {
            while (!names.Add(name)) name += "_";
            return name;
        }
    }

    /// <summary>Whether a file holds weights packed so, by the operator sets that it imports; false for one that cannot be read.</summary>
    public static bool Is(string path)
    {
        const int Imports = 8, LongestImport = 256; // onnx.proto's field, and bytes of what could be ours
        try
        {
            using var file = File.OpenHandle(path);
            var reader = new WireReader(file, RandomAccess.GetLength(file));
            while (reader.Position < reader.Length)
                if (reader.Field(reader.Length) is { Number: Imports, IsMessage: true, Length: < LongestImport } import
                    && OperatorSetIdProto.Parser.ParseFrom(reader.Bytes(import.Offset, (int)import.Length)).Domain == SparseWeightBytes.Domain) return true;
            return false;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or InvalidDataException or InvalidProtocolBufferException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>Whether a model holds weights packed so.</summary>
    internal static bool Is(ModelProto model) => model.Graph is not null && Scope.Graphs(model.Graph).Any(graph => graph.Node.Any(IsMaker));

    /// <summary>Makes an ordinary model of one that is packed, in place; another one stays as it is.</summary>
    /// <exception cref="SecateurException">A weight is damaged; the message names it.</exception>
    internal static void Unpack(ModelProto model, string path)
    {
        if (!Is(model)) return;
        var constants = GraphConstant.Of(model);
        Dictionary<string, string> weights = []; // by the name of the elements
        GraphProto[] graphs = [.. Scope.Graphs(model.Graph)];
        var makers = graphs.SelectMany(graph => graph.Node).Where(IsMaker).ToArray();
        foreach (var graph in graphs.Where(graph => graph.Node.Any(IsMaker)))
        {
            var nodes = graph.Node.Where(node => !IsMaker(node)).ToArray();
            graph.Node.Clear();
            graph.Node.Add(nodes);
        }
        foreach (var maker in makers)
        {
            if (maker is not { Input: [var bytes], Output: [var elements] } || !constants.TryGetValue(bytes, out var constant) || Attribute(maker, "weight")?.S is not { Length: > 0 } text || Attribute(maker, "shape")?.Ints is not { } shape)
                throw Damaged(path, maker, "is not as secateur pack writes it");
            var weight = text.ToStringUtf8();
            if (constant.Name == bytes) // no other node has made it dense again
            {
                MakeDense(constant, maker, weight, [.. shape], path);
                constant.Name = weight;
            }
            if (!weights.TryAdd(elements, weight) || constant.Name != weight) throw Damaged(path, maker, "makes what another one makes too");
        }
        foreach (var node in graphs.SelectMany(graph => graph.Node))
            for (var i = 0; i < node.Input.Count; i++) node.Input[i] = weights.GetValueOrDefault(node.Input[i], node.Input[i]);
        foreach (var graph in graphs)
            foreach (var value in graph.ValueInfo.Where(value => weights.ContainsKey(value.Name)).ToArray()) graph.ValueInfo.Remove(value);
        foreach (var import in model.OpsetImport.Where(import => import.Domain == SparseWeightBytes.Domain).ToArray()) model.OpsetImport.Remove(import);
    }

    /// <summary>Writes the ordinary model that a packed one was made of.</summary>
    /// <param name="path">An ONNX file that <see cref="Pack"/> wrote.</param>
    /// <param name="target">The file to write; over 2 GB, weights go into one of external data beside it.</param>
    /// <returns>The files that were written.</returns>
    /// <exception cref="SecateurException">It is damaged, or no such file.</exception>
    public static ImmutableArray<string> Unpack(string path, string target)
    {
        var (model, data) = OnnxModel.Read(path, out var wasPacked);
        if (!wasPacked) throw new SecateurException($"{path}: is not packed; name a {PackedModel.Extension} file or an .onnx file that pack --provider has written");
        return OnnxModel.Write(model, target, OnnxModel.IsLarge(model) || data.Length > 0);
    }

    private static byte[]? Packed(TensorProto dense, WeightUse use, ByteCensus census, double leastZeros)
    {
        var (most, columns) = ((1 - leastZeros) * dense.Count(), (int)use.Columns);
        if (census.Nonzero > most && leastZeros > 0) return null;
        var bytes = dense.Type() == DataType.Float
            ? SparseWeightBytes.Write(MemoryMarshal.Cast<byte, float>(dense.Bytes()), columns, use.IsTurned)
            : SparseWeightBytes.Write(dense.Bytes(), dense.DataType, use.Zeros, columns, use.IsTurned);
        return SparseWeightBytes.Look(bytes).Entries > most && leastZeros > 0 ? null : bytes; // what lies between those that are far apart is entries
    }

    private static void MakeDense(GraphConstant constant, NodeProto maker, string name, long[] shape, string path)
    {
        var tensor = constant.Tensor;
        if (tensor.Type() != DataType.Uint8 || tensor.RawData.Length != tensor.Count()) throw Damaged(path, maker, "is no tensor of bytes");
        try
        {
            var parts = SparseWeightBytes.Read(tensor.RawData.Span);
            var type = parts.Head.Type;
            if (SparseWeightBytes.Operator(type) != maker.OpType) throw Damaged(path, maker, "is of another type than the node's");
            if (!parts.Head.Holds(shape)) throw Damaged(path, maker, "is of another shape than the node's");
            var bytes = SparseTensor.Allocate((long)parts.Head.Rows * parts.Head.Columns * parts.Head.Width, name, path);
            if (type == SparseWeightBytes.Float) parts.CopyTo(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
            else parts.CopyTo(bytes.AsSpan());
            constant.Fill((DataType)type, bytes, shape);
            if (Attribute(maker, Typed) is null) return;
            tensor.ClearRawData();
            if (type == SparseWeightBytes.Float) tensor.FloatData.AddRange(MemoryMarshal.Cast<byte, float>(bytes));
            else tensor.Int32Data.AddRange(bytes.Select(one => type == SparseWeightBytes.SignedByte ? (int)(sbyte)one : one));
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, maker, e.Message);
        }
    }

    /// <summary>Puts each behind the node that holds its bytes, or before all.</summary>
    private static void Insert(List<NodeProto> makers, GraphProto graph)
    {
        var held = makers.ToLookup(maker => maker.Input[0]);
        var nodes = graph.Node.ToArray();
        graph.Node.Clear();
        var made = nodes.SelectMany(node => node.Output).ToHashSet();
        graph.Node.Add(makers.Where(maker => !made.Contains(maker.Input[0])));
        foreach (var node in nodes)
        {
            graph.Node.Add(node);
            foreach (var output in node.Output) graph.Node.Add(held[output]);
        }
    }

    private static NodeProto Maker(string elements, DataType type, string packed, string weight, long[] shape, bool isTyped)
    {
        var node = new NodeProto { Domain = SparseWeightBytes.Domain, OpType = SparseWeightBytes.Operator((int)type), Name = elements };
        node.Input.Add(packed);
        node.Output.Add(elements);
        var sizes = new AttributeProto { Name = "shape", Type = AttributeType.Ints };
        sizes.Ints.Add(shape);
        node.Attribute.Add([sizes, new AttributeProto { Name = "weight", Type = AttributeType.String, S = ByteString.CopyFromUtf8(weight) }]);
        if (isTyped) node.Attribute.Add(new AttributeProto { Name = Typed, Type = AttributeType.Int, I = 1 });
        return node;
    }

    private static SecateurException Damaged(string path, NodeProto maker, string fault) => new($"{path}: node '{maker.Name}': its packed weight {fault}; pack the model again");

    private static bool IsMaker(NodeProto node) => node.Domain == SparseWeightBytes.Domain && Makers.Contains(node.OpType);

    private static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}
