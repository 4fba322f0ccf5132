using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Structure;

/// <summary>Adds constants and nodes to a model under names that nothing else has.</summary>
internal sealed class Surgery
{
    private readonly GraphProto graph;
    private readonly HashSet<string> names;
    private readonly OnnxModel model;

    public Surgery(OnnxModel model)
    {
        (this.model, graph) = (model, model.Proto.Graph);
        names = [.. model.Graph.Constants.Keys, .. model.Graph.AllNodes.SelectMany(node => node.Outputs.Concat(node.Inputs).Append(node.Name))];
    }

    /// <summary>A new initializer; gives its name.</summary>
    /// <param name="name">What it would like to be called.</param>
    /// <param name="value">Its elements.</param>
    /// <param name="like">A constant or stated value whose type it takes; that of the elements where it is not known.</param>
    public string Constant(string name, Tensor value, string? like = null) => Put(Unused(name), value, like);

    /// <summary>An initializer in the place of one that is there: it takes its name.</summary>
    /// <param name="name">Of a constant.</param>
    /// <param name="value">Its elements; type and shape may be others.</param>
    /// <param name="like">As for <see cref="Constant"/>.</param>
    public string Replace(string name, Tensor value, string? like = null)
    {
        Leftovers.Drop(graph, new HashSet<string> { name });
        return Put(name, value, like);
    }

    /// <summary>A name that nothing else has.</summary>
    /// <param name="name">As it would best be.</param>
    public string Unused(string name)
    {
        while (!names.Add(name)) name += "'";
        return name;
    }

    private string Put(string name, Tensor value, string? like)
    {
        var type = value.dtype switch
        {
            ScalarType.Float32 => DataType.Float,
            ScalarType.Float64 => DataType.Double,
            ScalarType.Int32 => DataType.Int32,
            ScalarType.Bool => DataType.Bool,
            _ => DataType.Int64,
        };
        var told = like is null ? null : value.is_floating_point() ? model.Graph.FloatTypeOf(like) : model.Graph.TypeOf(like);
        if (told is { } own && own != type && TorchTensors.Holds(own)) (type, value) = (own, value.to_type(TorchTensors.TypeOf(own)));
        var proto = new TensorProto { Name = name, DataType = (int)type };
        proto.Dims.AddRange(value.shape);
        value.Store(proto);
        graph.Initializer.Add(proto);
        return proto.Name;
    }

    /// <summary>A node put before another one; gives its output.</summary>
    public string Before(Node node, string type, params string[] inputs)
    {
        var proto = new NodeProto { OpType = type, Name = Unused($"{node.Name}/{type}") };
        proto.Input.AddRange(inputs);
        proto.Output.Add(Unused($"{node.Name}/{type}/output"));
        graph.Node.Insert(graph.Node.IndexOf(node.Proto), proto);
        return proto.Output[0];
    }
}
