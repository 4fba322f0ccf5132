using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.AttributeProto.Types;

namespace Secateur.Testing;

/// <summary>ONNX models of one or a few nodes, made in memory.</summary>
public static class SmallGraphs
{
    /// <summary>A model whose inputs are described by tensors: their names, types and shapes; the elements are only what a test feeds.</summary>
    public static OnnxModel Of(
        long opset, IEnumerable<NodeProto> nodes, IEnumerable<TensorProto> inputs, IEnumerable<TensorProto> constants, IEnumerable<string> outputs)
    {
        var model = new ModelProto { IrVersion = 8, Graph = Graph(nodes, inputs, constants, outputs.Select(name => new ValueInfoProto { Name = name })) };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        foreach (var domain in model.Graph.Node.Select(node => node.Domain).Where(domain => domain.Length > 0).Distinct())
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = 1 });
        return new OnnxModel(model, "small.onnx");
    }

    /// <summary>A graph to be held by a node; inputs are described by tensors.</summary>
    public static GraphProto Graph(
        IEnumerable<NodeProto> nodes, IEnumerable<TensorProto> inputs, IEnumerable<TensorProto> constants, IEnumerable<ValueInfoProto> outputs)
    {
        var graph = new GraphProto { Name = "small" };
        graph.Node.Add(nodes);
        graph.Initializer.Add(constants);
        graph.Input.Add(inputs.Select(Describe));
        graph.Output.Add(outputs);
        return graph;
    }

    /// <summary>A node of a type, or where that is not ONNX's own of <c>domain.Type</c>; an attribute's value is a long, float, string, tensor, graph, or array of longs, floats or strings.</summary>
    public static NodeProto Node(
        string type, IEnumerable<string> inputs, IEnumerable<string> outputs, params IEnumerable<(string Name, object Value)> attributes)
    {
        var own = type.LastIndexOf('.') + 1;
        var node = new NodeProto { Domain = type[..Math.Max(0, own - 1)], OpType = type[own..], Name = type.ToLowerInvariant() };
        node.Input.Add(inputs);
        node.Output.Add(outputs);
        node.Attribute.Add(attributes.Select(attribute => Attribute(attribute.Name, attribute.Value)));
        return node;
    }

    /// <summary>A tensor of any fixed-width type.</summary>
    public static TensorProto Tensor<T>(
        string name, TensorProto.Types.DataType type, ReadOnlySpan<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values)) };
        foreach (var size in shape) tensor.Dims.Add(size);
        return tensor;
    }

    /// <summary>A value of a tensor's name, type and shape.</summary>
    public static ValueInfoProto Describe(TensorProto tensor)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(tensor.Dims.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto
        {
            Name = tensor.Name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = tensor.DataType, Shape = shape } },
        };
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case bool flag: (attribute.Type, attribute.I) = (AttributeType.Int, flag ? 1 : 0); break;
            case int or long: (attribute.Type, attribute.I) = (AttributeType.Int, Convert.ToInt64(value)); break;
            case float number: (attribute.Type, attribute.F) = (AttributeType.Float, number); break;
            case string text: (attribute.Type, attribute.S) = (AttributeType.String, ByteString.CopyFromUtf8(text)); break;
            case TensorProto tensor: (attribute.Type, attribute.T) = (AttributeType.Tensor, tensor); break;
            case GraphProto graph: (attribute.Type, attribute.G) = (AttributeType.Graph, graph); break;
            case long[] ints:
                attribute.Type = AttributeType.Ints;
                attribute.Ints.Add(ints);
                break;
            case string[] texts:
                attribute.Type = AttributeType.Strings;
                attribute.Strings.Add(texts.Select(ByteString.CopyFromUtf8));
                break;
            case float[] floats:
                attribute.Type = AttributeType.Floats;
                attribute.Floats.Add(floats);
                break;
            default: throw new ArgumentException($"An attribute cannot be a {value.GetType()}.", nameof(value));
        }
        return attribute;
    }
}
