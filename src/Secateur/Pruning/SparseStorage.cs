using Secateur.Onnx;

namespace Secateur.Pruning;

/// <summary>Stores weights as ONNX sparse initializers wherever that takes fewer bytes.</summary>
internal static class SparseStorage
{
    public static void Apply(OnnxModel model, IEnumerable<string> weights)
    {
        var graph = model.Proto.Graph;
        foreach (var name in weights)
        {
            if (graph.Initializer.FirstOrDefault(tensor => tensor.Name == name) is not { } dense) continue; // a Constant node keeps its tensor
            var sparse = SparseTensor.FromDense(dense);
            if (sparse.CalculateSize() >= dense.CalculateSize()) continue;
            graph.Initializer.Remove(dense);
            graph.SparseInitializer.Add(sparse);
            // with IR version 3 and older a graph input of the same name would stand for it
            foreach (var input in graph.Input.Where(input => input.Name == name).ToArray()) graph.Input.Remove(input);
        }
        model.Proto.IrVersion = Math.Max(model.Proto.IrVersion, 6);
    }
}
