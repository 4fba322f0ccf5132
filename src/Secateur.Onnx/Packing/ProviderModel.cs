using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Provider;
using static Secateur.Onnx.Proto.AttributeProto.Types;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Packing;

/// <summary>An ONNX file whose sparse weights are packed for Secateur's execution provider: smaller, and opened without ever being dense. It runs with the provider alone.</summary>
/// <remarks>
/// A weight W that is multiplied by is a tensor of bytes (<see cref="CompactBytes"/>), and in front of each node that multiplies by it stands a node <c>com.secateur.SparseWeight</c>,
/// which makes the floats. Its attribute <c>weight</c> is W's name, <c>shape</c> its shape. All else stays as it is, so that <see cref="Unpack(ModelProto, string)"/> gives back the
/// same model, each weight bit for bit.
/// </remarks>
public static class ProviderModel
{
    /// <summary>The least share of zeros of a weight that is packed: with fewer at random, dense kernels are faster.</summary>
    public const double LeastZeros = 0.7;

    private const int LeastElements = 1024; // of such a weight
    private const int Version = 1; // of the domain

    /// <param name="path">An ONNX file.</param>
    /// <param name="target">The one file to write.</param>
    /// <param name="cancel">Looked at between tensors.</param>
    /// <param name="leastZeros">0 to 1; negative zeros are none.</param>
    /// <param name="leastElements">Of a weight that is packed.</param>
    /// <returns>Bytes of the model with its external data, and the weights that were packed.</returns>
    /// <exception cref="SecateurException">The file is no model, or is over 2 GB even so.</exception>
    public static (long InputBytes, ImmutableArray<SparseFacts> Tensors) Pack(string path, string target, CancellationToken cancel, double leastZeros = LeastZeros, int leastElements = LeastElements)
    {
        var (model, data) = OnnxModel.Read(path);
        if (model.Graph is null) throw new SecateurException($"{path}: holds no graph, so it is no ONNX model; export it again");
        if (data.Contains(Path.GetFullPath(target))) throw new SecateurException($"{target}: is a file of the model that is to be packed; name another");
        var inputBytes = data.Append(path).Sum(file => new FileInfo(file).Length);
        var facts = ImmutableArray.CreateBuilder<SparseFacts>();
        var uses = WeightUse.Of(model.Graph);
        HashSet<string> names = [.. model.Graph.Node.SelectMany(node => node.Input.Concat(node.Output)), .. model.Graph.Initializer.Select(tensor => tensor.Name)];
        List<NodeProto> makers = [];
        for (var i = 0; i < model.Graph.Initializer.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var dense = model.Graph.Initializer[i];
            if (!uses.TryGetValue(dense.Name, out var use) || dense.Type() != DataType.Float || dense.Count() < leastElements) continue;
            TensorData.Check(dense, dense.Name, path);
            if (Packed(dense, use.IsTurned, leastZeros) is not { } packed) continue;
            var (name, shape, bytes) = (dense.Name, dense.Dims.ToArray(), dense.CalculateSize());
            model.Graph.Initializer[i] = Renamed(dense, Fresh($"{name}.packed"), DataType.Uint8, packed, [packed.Length]);
            foreach (var node in use.Nodes)
            {
                var floats = Fresh($"{name}.floats");
                makers.Add(Maker(floats, model.Graph.Initializer[i].Name, name, shape));
                node.Input[1] = floats;
                model.Graph.ValueInfo.Add(Floats(floats, shape));
            }
            facts.Add(new(name, [.. shape], CompactBytes.Look(packed).Entries, bytes, packed.Length));
            dense.Release(); // a large model is not held twice
        }
        for (var i = 0; i < makers.Count; i++) model.Graph.Node.Insert(i, makers[i]);
        if (makers.Count > 0) model.OpsetImport.Add(new OperatorSetIdProto { Domain = SparseWeightOperator.Domain, Version = Version });
        OnnxModel.CheckSize(model, path, $"packed it is still over 2 GB, which one ONNX file cannot hold; pack it as {PackedModel.Extension}");
        AtomicFile.Write(target, stream => model.WriteTo(stream));
        return (inputBytes, facts.ToImmutable());

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
                    && OperatorSetIdProto.Parser.ParseFrom(reader.Bytes(import.Offset, (int)import.Length)).Domain == SparseWeightOperator.Domain) return true;
            return false;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or InvalidDataException or InvalidProtocolBufferException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>Whether a model holds weights packed so.</summary>
    internal static bool Is(ModelProto model) => model.Graph?.Node.Any(IsMaker) == true;

    /// <summary>Makes an ordinary model of one that is packed, in place; another one stays as it is.</summary>
    /// <exception cref="SecateurException">A weight is damaged; the message names it.</exception>
    internal static void Unpack(ModelProto model, string path)
    {
        if (!Is(model)) return;
        var tensors = model.Graph.Initializer.Index().GroupBy(tensor => tensor.Item.Name).ToDictionary(group => group.Key, group => group.First().Index);
        var packed = model.Graph.Initializer.ToArray();
        Dictionary<string, string> weights = []; // by the name of the floats
        foreach (var maker in model.Graph.Node.Where(IsMaker).ToArray())
        {
            if (maker is not { Input: [var bytes], Output: [var floats] } || !tensors.TryGetValue(bytes, out var at) || Attribute(maker, "weight")?.S is not { Length: > 0 } name || Attribute(maker, "shape")?.Ints is not { } shape)
                throw Damaged(path, maker, "is not as secateur pack writes it");
            if (model.Graph.Initializer[at] == packed[at]) model.Graph.Initializer[at] = Dense(packed[at], maker, name.ToStringUtf8(), [.. shape], path);
            if (!weights.TryAdd(floats, name.ToStringUtf8()) || model.Graph.Initializer[at].Name != weights[floats]) throw Damaged(path, maker, "makes what another one makes too");
            model.Graph.Node.Remove(maker);
        }
        foreach (var node in model.Graph.Node)
            for (var i = 0; i < node.Input.Count; i++) node.Input[i] = weights.GetValueOrDefault(node.Input[i], node.Input[i]);
        foreach (var value in model.Graph.ValueInfo.Where(value => weights.ContainsKey(value.Name)).ToArray()) model.Graph.ValueInfo.Remove(value);
        foreach (var import in model.OpsetImport.Where(import => import.Domain == SparseWeightOperator.Domain).ToArray()) model.OpsetImport.Remove(import);
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

    private static byte[]? Packed(TensorProto dense, bool isTurned, double leastZeros)
    {
        var elements = dense.Count();
        var (rows, columns) = isTurned ? (dense.Dims[1], dense.Dims[0]) : (dense.Dims[0], elements / dense.Dims[0]);
        if (rows > int.MaxValue || columns > CompactBytes.MostColumns) return null;
        var floats = MemoryMarshal.Cast<byte, float>(dense.Bytes());
        if (floats.Length - floats.Count(0) > (1 - leastZeros) * elements) return null;
        using var compact = Compacted(floats, (int)rows, (int)columns, isTurned);
        return compact.Entries > (1 - leastZeros) * elements && leastZeros > 0 ? null : CompactBytes.Write(compact, isTurned); // negative zeros are entries
    }

    private static unsafe Compact Compacted(ReadOnlySpan<float> floats, int rows, int columns, bool isTurned)
    {
        fixed (float* first = floats) return Compact.Of(isTurned ? Sparse.Kernels.Dense.ByColumns(first, rows, columns) : Sparse.Kernels.Dense.ByRows(first, rows, columns), signs: true);
    }

    private static unsafe TensorProto Dense(TensorProto packed, NodeProto maker, string name, long[] shape, string path)
    {
        if (packed.Type() != DataType.Uint8 || packed.RawData.Length != packed.Count()) throw Damaged(path, maker, "is no tensor of bytes");
        try
        {
            var head = CompactBytes.Look(packed.RawData.Span);
            if (!PackedWeight.Fits(head, shape)) throw Damaged(path, maker, "is of another shape than the node's");
            using var compact = CompactBytes.Read(packed.RawData.Span);
            var bytes = SparseTensor.Allocate((long)head.Rows * head.Columns * sizeof(float), name, path);
            fixed (byte* first = bytes)
                compact.CopyTo(head.IsTurned ? Sparse.Kernels.Dense.ByColumns((float*)first, head.Rows, head.Columns) : Sparse.Kernels.Dense.ByRows((float*)first, head.Rows, head.Columns));
            return Renamed(packed, name, DataType.Float, bytes, shape);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, maker, e.Message);
        }
    }

    /// <summary>All else that a tensor says is kept.</summary>
    private static TensorProto Renamed(TensorProto tensor, string name, DataType type, byte[] bytes, ReadOnlySpan<long> shape)
    {
        var renamed = new TensorProto { Name = name, DataType = (int)type, RawData = UnsafeByteOperations.UnsafeWrap(bytes) };
        if (tensor.HasDocString) renamed.DocString = tensor.DocString;
        renamed.MetadataProps.Add(tensor.MetadataProps);
        renamed.Dims.AddRange(shape);
        return renamed;
    }

    private static NodeProto Maker(string floats, string packed, string weight, long[] shape)
    {
        var node = new NodeProto { Domain = SparseWeightOperator.Domain, OpType = SparseWeightOperator.Type, Name = floats };
        node.Input.Add(packed);
        node.Output.Add(floats);
        var sizes = new AttributeProto { Name = "shape", Type = AttributeType.Ints };
        sizes.Ints.Add(shape);
        node.Attribute.Add([sizes, new AttributeProto { Name = "weight", Type = AttributeType.String, S = ByteString.CopyFromUtf8(weight) }]);
        return node;
    }

    /// <summary>Told where the operator itself says nothing of a shape.</summary>
    private static ValueInfoProto Floats(string name, long[] shape)
    {
        var sizes = new TensorShapeProto();
        sizes.Dim.Add(shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = (int)DataType.Float, Shape = sizes } } };
    }

    private static SecateurException Damaged(string path, NodeProto maker, string fault) => new($"{path}: node '{maker.Name}': its packed weight {fault}; pack the model again");

    private static bool IsMaker(NodeProto node) => node.Domain == SparseWeightOperator.Domain && node.OpType == SparseWeightOperator.Type;

    private static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}
