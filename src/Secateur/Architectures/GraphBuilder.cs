using System.Collections.Immutable;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.AttributeProto.Types;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Architectures;

/// <summary>Writes an ONNX graph, layer by layer. A method adds nodes and returns the name of the value that they make.</summary>
/// <remarks>
/// Every value has the batch as its first axis, left open; <see cref="Shape"/> tells the axes after it, which is how a layer knows
/// its inputs. A layer with weights is named by the caller (<c>layer2.0.conv1</c>, its weights <c>layer2.0.conv1.weight</c>); other nodes
/// are named by what they do, in the scope of their input (<c>layer2.0.relu</c>, <c>layer2.0.relu2</c>).
/// </remarks>
/// <param name="name">Of the graph.</param>
/// <param name="seed">Decides the first weights; null counts the parameters and makes none.</param>
internal sealed class GraphBuilder(string name, long? seed)
{
    private const string Batch = "batch";
    private const long IrVersion = 8;
    private const long Opset = 17;

    private readonly GraphProto graph = new() { Name = name };
    private readonly InitialWeights? initial = seed is { } value ? new InitialWeights(value) : null;
    private readonly Dictionary<string, ImmutableArray<long>> shapes = [];
    private readonly HashSet<string> constants = [];

    /// <summary>Learned values so far: weights, biases, scales, embeddings; not running statistics, not fixed constants.</summary>
    public long Parameters { get; private set; }

    /// <summary>The shape of a value, without its batch axis.</summary>
    public ImmutableArray<long> Shape(string value) => shapes[value];

    public string Input(string input, DataType type, params ImmutableArray<long> shape)
    {
        shapes[input] = shape;
        graph.Input.Add(Describe(input, type));
        return input;
    }

    /// <summary>Makes a value an output of the graph, under a name of its own.</summary>
    public void Output(string value, string output)
    {
        shapes[output] = shapes[value];
        foreach (var node in graph.Node)
        {
            for (var i = 0; i < node.Output.Count; i++)
                if (node.Output[i] == value) node.Output[i] = output;
            for (var i = 0; i < node.Input.Count; i++)
                if (node.Input[i] == value) node.Input[i] = output;
        }
        graph.Output.Add(Describe(output, DataType.Float));
    }

    /// <summary>x [C, spatial…], weight [outputs, C/group, kernel…]: one kernel size for all spatial axes.</summary>
    /// <remarks>With a bias ReLU is expected to follow, without one batch normalization: that decides the first weights.</remarks>
    public string Conv(string layer, string x, long outputs, long kernel, long stride = 1, long pad = 0, long group = 1, bool bias = true)
    {
        var (inputs, spatial) = (shapes[x][0] / group, shapes[x].Length - 1);
        ImmutableArray<long> window = [.. Enumerable.Repeat(kernel, spatial)];
        var area = window.Aggregate(1L, (product, size) => product * size);
        var deviation = InitialWeights.He(bias ? inputs * area : outputs / group * area);
        string[] given = [x, Weight($"{layer}.weight", deviation, [outputs, inputs, .. window])];
        if (bias) given = [.. given, Filled($"{layer}.bias", 0, outputs)];
        return Node("Conv", layer, given, [outputs, .. shapes[x].Skip(1).Select(size => Windows(size, kernel, stride, pad))],
            Attribute("kernel_shape", window), Attribute("strides", [.. Enumerable.Repeat(stride, spatial)]),
            Attribute("pads", [.. Enumerable.Repeat(pad, 2 * spatial)]), Attribute("group", group));
    }

    /// <summary>x [C, …]; statistics start at mean 0 and variance 1.</summary>
    public string BatchNorm(string layer, string x)
    {
        var channels = shapes[x][0];
        string[] given = [x, Filled($"{layer}.scale", 1, channels), Filled($"{layer}.bias", 0, channels),
            Constant($"{layer}.mean", new float[channels], channels), Constant($"{layer}.var", Repeat(1, channels), channels)];
        return Node("BatchNormalization", layer, given, shapes[x], Attribute("epsilon", 1e-5f), Attribute("momentum", 0.9f));
    }

    /// <summary>Normalizes the last axis.</summary>
    public string LayerNorm(string layer, string x)
    {
        var size = shapes[x][^1];
        string[] given = [x, Filled($"{layer}.scale", 1, size), Filled($"{layer}.bias", 0, size)];
        return Node("LayerNormalization", layer, given, shapes[x], Attribute("axis", -1), Attribute("epsilon", 1e-5f));
    }

    /// <summary>x [inputs], weight [outputs, inputs].</summary>
    /// <param name="layer">Its name.</param>
    /// <param name="x">A vector for each example.</param>
    /// <param name="outputs">Neurons.</param>
    /// <param name="relu">Whether ReLU follows, which decides the first weights.</param>
    public string Gemm(string layer, string x, long outputs, bool relu)
    {
        var inputs = shapes[x][0];
        var deviation = relu ? InitialWeights.He(inputs) : InitialWeights.Glorot(inputs, outputs);
        string[] given = [x, Weight($"{layer}.weight", deviation, outputs, inputs), Filled($"{layer}.bias", 0, outputs)];
        return Node("Gemm", layer, given, [outputs], Attribute("transB", 1));
    }

    /// <summary>MatMul and Add on the last axis: x […, inputs], weight [inputs, outputs].</summary>
    public string Linear(string layer, string x, long outputs)
    {
        var inputs = shapes[x][^1];
        ImmutableArray<long> shape = [.. shapes[x][..^1], outputs];
        var weight = Weight($"{layer}.weight", InitialWeights.Glorot(inputs, outputs), inputs, outputs);
        return Node("Add", $"{layer}.add", [Node("MatMul", layer, [x, weight], shape), Filled($"{layer}.bias", 0, outputs)], shape);
    }

    /// <summary>ids […] become […, size], rows of the weight [count, size].</summary>
    public string Embedding(string layer, string ids, long count, long size, double deviation) =>
        Node("Gather", layer, [Weight($"{layer}.weight", deviation, count, size), ids], [.. shapes[ids], size], Attribute("axis", 0));

    /// <summary>Adds a learned value of x's shape, the same for every example.</summary>
    public string AddLearned(string layer, string x, double deviation) =>
        Node("Add", layer, [x, Weight($"{layer}.weight", deviation, [1, .. shapes[x]])], shapes[x]);

    public string MatMul(string a, string b) => Node("MatMul", Within(a, "matmul"), [a, b], [.. shapes[a][..^1], shapes[b][^1]]);

    public string Add(string a, string b) => Node("Add", Within(a, "add"), [a, b], shapes[a]);

    public string Mul(string a, string b) => Node("Mul", Within(a, "mul"), [a, b], shapes[a]);

    /// <summary>One of <c>Add</c>, <c>Sub</c>, <c>Mul</c>, <c>Div</c> with a number that is not learned.</summary>
    public string With(string opType, string x, float number)
    {
        var place = Within(x, opType.ToLowerInvariant());
        return Node(opType, place, [x, Constant($"{place}.number", [number])], shapes[x]);
    }

    /// <summary>One of <c>Add</c>, <c>Sub</c>, <c>Mul</c>, <c>Div</c> with numbers that are not learned, one for each place of the last axis.</summary>
    public string With(string opType, string x, string constant, ReadOnlySpan<float> numbers) =>
        Node(opType, Within(x, opType.ToLowerInvariant()), [x, Constant(constant, numbers, numbers.Length)], shapes[x]);

    public string Relu(string x) => Node("Relu", Within(x, "relu"), [x], shapes[x]);

    /// <summary>Clip to [0, 6].</summary>
    public string Relu6(string x) => Node("Clip", Within(x, "relu6"), [x, Constant("relu6.min", [0]), Constant("relu6.max", [6])], shapes[x]);

    public string Erf(string x) => Node("Erf", Within(x, "erf"), [x], shapes[x]);

    /// <summary>Over the last axis.</summary>
    public string Softmax(string x) => Node("Softmax", Within(x, "softmax"), [x], shapes[x], Attribute("axis", -1));

    public string MaxPool(string x, long kernel) => Pool("MaxPool", x, kernel);

    public string AveragePool(string x, long kernel) => Pool("AveragePool", x, kernel);

    /// <summary>x [C, spatial…] becomes [C, 1…].</summary>
    public string GlobalAveragePool(string x) =>
        Node("GlobalAveragePool", Within(x, "pool"), [x], [shapes[x][0], .. Enumerable.Repeat(1L, shapes[x].Length - 1)]);

    /// <summary><c>ReduceMean</c> or <c>ReduceMax</c>; the axis, which counts the batch as 0, goes.</summary>
    public string Reduce(string opType, string x, int axis) => Node(opType, Within(x, opType[6..].ToLowerInvariant()), [x],
        shapes[x].RemoveAt(axis - 1), Attribute("axes", [axis]), Attribute("keepdims", 0));

    public string Flatten(string x) => Node("Flatten", Within(x, "flatten"), [x], [Elements(shapes[x])], Attribute("axis", 1));

    /// <summary>To the shape without its batch axis; one size may be −1, which the others decide.</summary>
    public string Reshape(string x, params ImmutableArray<long> shape)
    {
        var place = Within(x, "reshape");
        ImmutableArray<long> known = [.. shape.Select(size => size >= 0 ? size : Elements(shapes[x]) / Elements(shape.Remove(-1)))];
        if (constants.Add($"{place}.shape")) graph.Initializer.Add(TensorData.Of($"{place}.shape", [0, .. shape], shape.Length + 1));
        return Node("Reshape", place, [x, $"{place}.shape"], known);
    }

    /// <param name="x">The value.</param>
    /// <param name="order">Which axis comes where; the batch is 0 and stays first.</param>
    public string Transpose(string x, params ImmutableArray<long> order) => Node("Transpose", Within(x, "transpose"), [x],
        [.. order.Skip(1).Select(axis => shapes[x][(int)axis - 1])], Attribute("perm", order));

    /// <summary>Along the first axis after the batch.</summary>
    public string Concat(params ImmutableArray<string> values) => Node("Concat", Within(values[0], "concat"), [.. values],
        [values.Sum(value => shapes[value][0]), .. shapes[values[0]].Skip(1)], Attribute("axis", 1));

    public OnnxModel ToModel() => new(new ModelProto
    {
        IrVersion = IrVersion,
        ProducerName = "Secateur",
        OpsetImport = { new OperatorSetIdProto { Domain = "", Version = Opset } },
        Graph = graph,
    });

    private string Pool(string opType, string x, long kernel) => Node(opType, Within(x, "pool"), [x],
        [shapes[x][0], .. shapes[x].Skip(1).Select(size => Windows(size, kernel, kernel, pad: 0))],
        Attribute("kernel_shape", [.. shapes[x].Skip(1).Select(_ => kernel)]), Attribute("strides", [.. shapes[x].Skip(1).Select(_ => kernel)]));

    private string Weight(string weight, double deviation, params ImmutableArray<long> shape)
    {
        Parameters += Elements(shape);
        return initial is null ? weight : Constant(weight, initial.Draw(Elements(shape), deviation), shape.AsSpan());
    }

    private string Filled(string weight, float number, long count)
    {
        Parameters += count;
        return Constant(weight, Repeat(number, count), count);
    }

    /// <summary>A constant of that name is made once.</summary>
    private string Constant(string constant, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        if (constants.Add(constant)) graph.Initializer.Add(TensorData.Of(constant, values, shape));
        return constant;
    }

    private string Node(string opType, string node, string[] inputs, ImmutableArray<long> shape, params ReadOnlySpan<AttributeProto> attributes)
    {
        shapes.Add(node, shape);
        var proto = new NodeProto { OpType = opType, Name = node, Input = { inputs }, Output = { node } };
        foreach (var attribute in attributes) proto.Attribute.Add(attribute);
        graph.Node.Add(proto);
        return node;
    }

    /// <summary>A name not yet used, in the scope of a value: beside <c>layer2.0.bn1</c> a <c>layer2.0.relu</c>.</summary>
    private string Within(string value, string what)
    {
        var place = value[..(value.LastIndexOf('.') + 1)] + what;
        if (!shapes.ContainsKey(place)) return place;
        var number = 2;
        while (shapes.ContainsKey($"{place}{number}")) number++;
        return $"{place}{number}";
    }

    private ValueInfoProto Describe(string value, DataType type)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = Batch } } };
        shape.Dim.Add(shapes[value].Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new ValueInfoProto { Name = value, Type = new TypeProto { TensorType = new() { ElemType = (int)type, Shape = shape } } };
    }

    private static long Windows(long size, long kernel, long stride, long pad) => (size + 2 * pad - kernel) / stride + 1;

    private static long Elements(ImmutableArray<long> shape) => shape.Aggregate(1L, (product, size) => product * size);

    private static float[] Repeat(float number, long count)
    {
        var values = new float[count];
        Array.Fill(values, number);
        return values;
    }

    private static AttributeProto Attribute(string attribute, long number) => new() { Name = attribute, Type = AttributeType.Int, I = number };

    private static AttributeProto Attribute(string attribute, float number) => new() { Name = attribute, Type = AttributeType.Float, F = number };

    private static AttributeProto Attribute(string attribute, ImmutableArray<long> numbers) =>
        new() { Name = attribute, Type = AttributeType.Ints, Ints = { numbers } };
}
