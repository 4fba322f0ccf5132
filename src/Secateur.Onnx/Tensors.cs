using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>Every tensor of a file, wherever it is: initializers and attributes, of subgraphs and functions too.</summary>
internal static class Tensors
{
    /// <summary>With a name for messages: the tensor's own, or node and attribute. In the order of the file.</summary>
    public static IEnumerable<(string Name, TensorProto Tensor)> Of(ModelProto model) => (model.Graph is null ? [] : Of(model.Graph))
        .Concat(model.Functions.SelectMany(function => Of(function.Node)))
        .Concat(model.TrainingInfo.SelectMany(training => new[] { training.Initialization, training.Algorithm }).Where(graph => graph is not null).SelectMany(Of));

    /// <summary>Bytes that a tensor's elements take in the file, in whichever field they are; of packed integers at most.</summary>
    public static long Bytes(TensorProto tensor) => (long)tensor.RawData.Length + 4L * tensor.FloatData.Count + 8L * tensor.DoubleData.Count
        + 10L * (tensor.Int32Data.Count + (long)tensor.Int64Data.Count + tensor.Uint64Data.Count) + tensor.StringData.Sum(text => 10L + text.Length);

    private static IEnumerable<(string, TensorProto)> Of(GraphProto graph) => graph.Initializer.Select(tensor => (tensor.Name, tensor))
        .Concat(graph.SparseInitializer.SelectMany(Of)).Concat(Of(graph.Node));

    private static IEnumerable<(string, TensorProto)> Of(SparseTensorProto sparse)
    {
        if (sparse.Values is { } values) yield return (values.Name, values);
        if (sparse.Indices is { } indices) yield return ($"{sparse.Values?.Name} (indices)", indices);
    }

    public static IEnumerable<(string Name, TensorProto Tensor)> Of(IEnumerable<NodeProto> nodes)
    {
        foreach (var node in nodes)
        {
            foreach (var attribute in node.Attribute)
            {
                var name = $"{(node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault(node.OpType))}.{attribute.Name}";
                if (attribute.T is { } tensor) yield return (name, tensor);
                foreach (var one in attribute.Tensors) yield return (name, one);
                foreach (var one in attribute.SparseTensors.Prepend(attribute.SparseTensor).Where(sparse => sparse is not null).SelectMany(Of)) yield return one;
                foreach (var one in attribute.Graphs.Prepend(attribute.G).Where(graph => graph is not null).SelectMany(Of)) yield return one;
            }
        }
    }
}
