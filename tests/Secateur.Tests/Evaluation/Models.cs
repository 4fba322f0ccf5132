using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Tests.Evaluation;

/// <summary>Small graphs whose answers one can work out by hand.</summary>
internal static class Models
{
    /// <summary>scores = x·Wᵀ + b; x [batch, inputs], scores [batch, classes].</summary>
    /// <param name="weight">[classes, inputs]</param>
    /// <param name="activation">A node type put after it, such as <c>Softmax</c>; null for none.</param>
    /// <param name="batch">Null leaves the batch open.</param>
    public static OnnxModel Linear(float[,] weight, string? activation = null, long? batch = null)
    {
        var (classes, inputs) = (weight.GetLength(0), weight.GetLength(1));
        var graph = new GraphProto { Name = "linear" };
        graph.Initializer.Add(TensorData.Of("fc.weight", weight.Cast<float>().ToArray(), classes, inputs));
        graph.Initializer.Add(TensorData.Of("fc.bias", new float[classes], classes));
        graph.Input.Add(Value("x", batch, inputs));
        graph.Output.Add(Value("scores", batch, classes));
        graph.Node.Add(Node("Gemm", "fc", ["x", "fc.weight", "fc.bias"], activation is null ? "scores" : "logits", ("transB", 1)));
        if (activation is not null) graph.Node.Add(Node(activation, "last", ["logits"], "scores", ("axis", 1)));
        return Model(graph);
    }

    /// <summary>Two linear layers that share one square weight, with a ReLU between.</summary>
    public static OnnxModel Shared(float[,] weight)
    {
        var size = weight.GetLength(0);
        var graph = new GraphProto { Name = "shared" };
        graph.Initializer.Add(TensorData.Of("w", weight.Cast<float>().ToArray(), size, size));
        graph.Input.Add(Value("x", null, size));
        graph.Output.Add(Value("y", null, size));
        graph.Node.Add(Node("Gemm", "one", ["x", "w"], "a"));
        graph.Node.Add(Node("Relu", "relu", ["a"], "b"));
        graph.Node.Add(Node("Gemm", "two", ["b", "w"], "y"));
        return Model(graph);
    }

    /// <summary>Convolution, normalization, ReLU, flattened into a linear layer: x [batch, 2, 4, 4], y [batch, 5].</summary>
    public static OnnxModel Convolutional()
    {
        var graph = new GraphProto { Name = "convolutional" };
        foreach (var (name, shape) in new (string, long[])[]
            { ("conv.weight", [3, 2, 3, 3]), ("bn.scale", [3]), ("bn.bias", [3]), ("bn.mean", [3]), ("bn.var", [3]), ("fc.weight", [5, 48]) })
            graph.Initializer.Add(TensorData.Of(name, Enumerable.Range(1, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => i / 100f).ToArray(), shape));
        graph.Input.Add(Value("x", null, 2, 4, 4));
        graph.Output.Add(Value("y", null, 5));
        var conv = Node("Conv", "conv", ["x", "conv.weight"], "c");
        conv.Attribute.Add(new AttributeProto { Name = "pads", Type = AttributeProto.Types.AttributeType.Ints, Ints = { 1, 1, 1, 1 } });
        graph.Node.Add(conv);
        graph.Node.Add(Node("BatchNormalization", "bn", ["c", "bn.scale", "bn.bias", "bn.mean", "bn.var"], "n"));
        graph.Node.Add(Node("Relu", "relu", ["n"], "r"));
        graph.Node.Add(Node("Flatten", "flatten", ["r"], "f"));
        graph.Node.Add(Node("Gemm", "fc", ["f", "fc.weight"], "y", ("transB", 1)));
        return Model(graph);
    }

    /// <summary>Writes the model into a new file of the folder.</summary>
    public static string In(this OnnxModel model, TemporaryFolder folder, string name)
    {
        var path = folder.File(name);
        model.Save(path);
        return path;
    }

    private static OnnxModel Model(GraphProto graph)
    {
        var model = new ModelProto { IrVersion = 8, ProducerName = "tests", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = 13 });
        return new(ModelProto.Parser.ParseFrom(model.ToByteArray()), "test.onnx");
    }

    private static NodeProto Node(string type, string name, string[] inputs, string output, params (string Name, long Value)[] attributes)
    {
        var node = new NodeProto { OpType = type, Name = name };
        node.Input.Add(inputs);
        node.Output.Add(output);
        foreach (var (key, value) in attributes)
            node.Attribute.Add(new AttributeProto { Name = key, Type = AttributeProto.Types.AttributeType.Int, I = value });
        return node;
    }

    private static ValueInfoProto Value(string name, long? batch, params long[] sizes)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(batch is { } size ? new TensorShapeProto.Types.Dimension { DimValue = size } : new() { DimParam = "batch" });
        shape.Dim.Add(sizes.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new() { Name = name, Type = new TypeProto { TensorType = new() { ElemType = (int)TensorProto.Types.DataType.Float, Shape = shape } } };
    }
}
