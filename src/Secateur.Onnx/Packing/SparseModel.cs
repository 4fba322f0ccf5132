using System.Collections.Immutable;
using Google.Protobuf;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx.Packing;

/// <summary>A tensor that was written as a sparse one.</summary>
/// <param name="Name">Of an initializer; of a <c>Constant</c> node its output's.</param>
/// <param name="Shape">Of the dense tensor.</param>
/// <param name="Nonzero">Elements that are kept.</param>
/// <param name="DenseBytes">In the file, as it was.</param>
/// <param name="Bytes">In the file, as it is.</param>
public sealed record SparseFacts(string Name, ImmutableArray<long> Shape, long Nonzero, long DenseBytes, long Bytes);

/// <summary>An ONNX file whose tensors are sparse initializers wherever that is smaller. Any ONNX Runtime makes them dense as it loads them.</summary>
/// <remarks>
/// External data is brought into the file. Negative zeros count as zeros where nothing but matrix products and convolutions read the tensor: there
/// they change no number, at most the sign of a zero. An input with a default value, which a caller may replace, stays dense.
/// A <c>Constant</c> node that becomes sparse becomes an initializer. The bodies of local functions stay.
/// </remarks>
public static class SparseModel
{
    private const int SparseVersion = 6; // of the file format, which before has no sparse initializers

    // what ONNX Runtime 1.31 was seen to read in sparse tensors; with positions flat or by axis, of any rank
    private static readonly ImmutableArray<DataType> Types =
    [
        DataType.Float, DataType.Double, DataType.Float16, DataType.Bfloat16, DataType.Int8, DataType.Uint8, DataType.Int16, DataType.Uint16,
        DataType.Int32, DataType.Uint32, DataType.Int64, DataType.Uint64, DataType.Bool,
    ];

    private static readonly ImmutableArray<string> Products = ["MatMul", "Gemm", "Conv", "ConvTranspose"];

    /// <param name="path">An ONNX file.</param>
    /// <param name="target">The one file to write.</param>
    /// <param name="cancel">Looked at between tensors.</param>
    /// <returns>Bytes of the model with its external data, and the tensors that became sparse; none where no tensor has so many zeros.</returns>
    /// <exception cref="SecateurException">The file is no model, or is over 2 GB even so.</exception>
    public static (long InputBytes, ImmutableArray<SparseFacts> Tensors) Pack(string path, string target, CancellationToken cancel)
    {
        var (model, data) = OnnxModel.Read(path);
        if (model.Graph is null) throw new SecateurException($"{path}: holds no graph, so it is no ONNX model; export it again");
        if (data.Contains(Path.GetFullPath(target))) throw new SecateurException($"{target}: is a file of the model that is to be packed; name another");
        var inputBytes = data.Append(path).Sum(file => new FileInfo(file).Length);
        var facts = ImmutableArray.CreateBuilder<SparseFacts>();
        HashSet<string> constants = [.. model.Graph.Initializer.Select(tensor => tensor.Name)];
        var readElsewhere = ReadElsewhere(model.Graph);
        foreach (var graph in Scope.Graphs(model.Graph).ToArray())
        {
            HashSet<string> replaceable = model.IrVersion < GraphConstant.InputsVersion ? [] : [.. graph.Input.Select(input => input.Name)];
            var tensors = graph.Initializer.ToArray();
            graph.Initializer.Clear();
            foreach (var dense in tensors)
            {
                cancel.ThrowIfCancellationRequested();
                if (!replaceable.Contains(dense.Name) && Sparse(dense, dense.Name) is { } sparse) graph.SparseInitializer.Add(sparse);
                else graph.Initializer.Add(dense);
            }
            // Constant takes sparse tensors from operator set 11 on, and a graph always
            foreach (var node in graph.Node.Where(node => node is { OpType: "Constant", Output.Count: 1, Attribute: [{ Name: "value", T: not null }] } && OnnxModel.Domain(node.Domain).Length == 0).ToArray())
            {
                cancel.ThrowIfCancellationRequested();
                if (Sparse(node.Attribute[0].T, node.Output[0]) is not { } sparse) continue;
                graph.Node.Remove(node);
                graph.SparseInitializer.Add(sparse);
            }
        }
        if (facts.Count > 0 && model.IrVersion < SparseVersion) Raise(model, constants);
        OnnxModel.CheckSize(model, path, $"packed it is still over 2 GB, which one ONNX file cannot hold; pack it as {PackedModel.Extension}");
        AtomicFile.Write(target, stream => model.WriteTo(stream));
        return (inputBytes, facts.ToImmutable());

        SparseTensorProto? Sparse(TensorProto dense, string name)
        {
            if (!Types.Contains(dense.Type()) || dense.Dims.Count == 0) return null;
            TensorData.Check(dense, name, path);
            var keepSigns = readElsewhere.Contains(name);
            var denseBytes = dense.CalculateSize();
            if (SparseTensor.Bytes(SparseTensor.Nonzero(dense, keepSigns), TensorData.Width(dense.Type())) >= denseBytes) return null;
            var sparse = SparseTensor.FromDense(dense, keepSigns);
            (sparse.Values.Name, sparse.Indices.Name) = (name, name + "_indices");
            var bytes = sparse.CalculateSize();
            if (bytes >= denseBytes) return null;
            dense.Release(); // a large model is not held twice
            facts.Add(new(name, [.. sparse.Dims], sparse.Values.Dims[0], denseBytes, bytes));
            return sparse;
        }
    }

    /// <summary>To a version of the format that has sparse initializers. In an old one all constants are inputs too; in a new one a caller could replace them so.</summary>
    private static void Raise(ModelProto model, HashSet<string> constants)
    {
        if (model.IrVersion < GraphConstant.InputsVersion)
            foreach (var input in model.Graph.Input.Where(input => constants.Contains(input.Name)).ToArray()) model.Graph.Input.Remove(input);
        model.IrVersion = SparseVersion;
    }

    /// <summary>Names that other nodes than matrix products and convolutions read, or that leave a graph.</summary>
    private static HashSet<string> ReadElsewhere(GraphProto whole) =>
    [
        .. Scope.Graphs(whole).SelectMany(graph => graph.Node).Where(node => !Products.Contains(node.OpType) || OnnxModel.Domain(node.Domain).Length > 0).SelectMany(node => node.Input),
        .. Scope.Graphs(whole).SelectMany(graph => graph.Output).Select(output => output.Name),
    ];
}
