using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>A small model, made step by step; values have the names of their numbers.</summary>
internal sealed class Case(int seed, double sparsity)
{
    private readonly Random _random = new(seed);
    private readonly List<NodeProto> _nodes = [];
    private readonly List<TensorProto> _inputs = [], _constants = [], _floats = [];
    private int _names;

    /// <summary>Whether the first of several scales makes zeros of all that it is of.</summary>
    public bool HasZeroScale { get; init; }

    public TensorProto[] Inputs => [.. _inputs];

    /// <summary>An input and the elements that it is fed.</summary>
    public string Input(params long[] shape)
    {
        _inputs.Add(Floats(shape));
        return _inputs[^1].Name;
    }

    /// <summary>A constant, as sparse as the case.</summary>
    public string Weight(params long[] shape) => Constant(TensorData.Of(Name("w"), Draw.Weights(_random, (int)shape[0], (int)shape[1..].Aggregate(1L, (a, b) => a * b), sparsity), shape));

    /// <summary>The same of bytes or half bytes, which DequantizeLinear makes floats of; columns of 16 outputs are kept or pruned together.</summary>
    /// <param name="type">Of an element.</param>
    /// <param name="zero">The zero point, about which those of several scatter; 0 where there is none.</param>
    /// <param name="axis">Along which there are several scales; −1 where there is one.</param>
    /// <param name="block">Elements of this axis that share one; 0 where each has its own, and the other axes none.</param>
    /// <param name="outputs">The axis of the outputs, 0 or, of a matrix, 1.</param>
    /// <param name="shape">Of all.</param>
    public string Dequantized(DataType type, int zero, int axis, int block, int outputs, params long[] shape)
    {
        var (rows, columns) = (shape[0], shape.Aggregate(1L, (a, b) => a * b) / shape[0]);
        var (outs, each) = outputs == 0 ? ((int)rows, (int)columns) : ((int)columns, (int)rows);
        var values = Draw.Weights(_random, outs, each, sparsity, 16);
        long[] extents = axis < 0 ? [] : block == 0 ? [shape[axis]] : axis == 0 ? [(rows + block - 1) / block, columns] : [rows, (columns + block - 1) / block];
        var count = extents.Aggregate(1L, (a, b) => a * b);
        float[] scales = [.. Enumerable.Range(0, (int)count).Select(_ => 0.01f + 0.05f * _random.NextSingle())];
        if (HasZeroScale) scales[0] = 0;
        int[] zeros = [.. scales.Select(_ => zero == 0 ? 0 : zero + _random.Next(2))];
        var (least, most) = type switch { DataType.Int8 => (-128, 127), DataType.Uint8 => (0, 255), DataType.Int4 => (-8, 7), _ => (0, 15) };
        var (bytes, floats) = (new byte[rows * columns], new float[rows * columns]);
        for (var i = 0L; i < bytes.Length; i++)
        {
            var (row, column) = (i / columns, i % columns);
            var at = axis < 0 ? 0 : block == 0 ? (axis == 0 ? row : column) : axis == 0 ? row / block * columns + column : row * extents[1] + column / block;
            var element = Math.Clamp(zeros[at] + (int)MathF.Round(values[outputs == 0 ? i : column * rows + row] * (most - least) / 2), least, most);
            (bytes[i], floats[i]) = ((byte)element, (element - zeros[at]) * scales[at]);
        }
        string[] inputs = [Constant(Elements(Name("q"), type, bytes, shape)), Constant(TensorData.Of(Name("s"), scales, extents)), .. zero == 0 ? [] : new[] { Constant(Elements(Name("z"), type, [.. zeros.Select(one => (byte)one)], extents)) }];
        var made = Node("DequantizeLinear", inputs, [.. axis < 0 ? [] : new[] { ("axis", (object)axis) }, .. block == 0 ? [] : new[] { ("block_size", (object)block) }]);
        _floats.Add(TensorData.Of(made, floats, shape));
        return made;
    }

    /// <summary>An input of bytes, all that there are.</summary>
    public string ByteInput(bool signed, params long[] shape)
    {
        var bytes = new byte[shape.Aggregate(1L, (a, b) => a * b)];
        _random.NextBytes(bytes);
        _inputs.Add(Bytes(Name("x"), signed, bytes, shape));
        return _inputs[^1].Name;
    }

    /// <summary>A constant of bytes, as sparse as the case: most are their output's zero point.</summary>
    /// <param name="signed">Whether from −128 to 127.</param>
    /// <param name="axis">That of the outputs, 0 or, of a matrix, 1.</param>
    /// <param name="zeros">One for each output or one for all.</param>
    /// <param name="shape">Of all.</param>
    public string Integers(bool signed, int axis, int[] zeros, params long[] shape)
    {
        var (outputs, each) = ((int)shape[axis], (int)(shape.Aggregate(1L, (a, b) => a * b) / shape[axis]));
        var weights = Draw.Weights(_random, outputs, each, sparsity, _random.Next(2) == 0 ? 4 : 1);
        var bytes = new byte[weights.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            var (output, at) = axis == 0 ? (i / each, i % each) : (i % outputs, i / outputs);
            var value = zeros[zeros.Length == 1 ? 0 : output] + (int)MathF.Round(weights[output * each + at] * 127);
            bytes[i] = (byte)(signed ? Math.Clamp(value, sbyte.MinValue, sbyte.MaxValue) : Math.Clamp(value, 0, byte.MaxValue));
        }
        return Constant(Bytes(Name("w"), signed, bytes, shape));
    }

    /// <summary>Zero points: one where there is one alone and it is no list.</summary>
    public string Zeros(bool signed, params int[] values) => Constant(Bytes(Name("z"), signed, [.. values.Select(value => (byte)value)], values.Length == 1 ? [] : [values.Length]));

    /// <summary>Scales between a thousandth and three, as many as there are to be; one alone is no list.</summary>
    public string Scales(int count) => Constant(TensorData.Of(Name("s"), [.. Enumerable.Range(0, count).Select(_ => 0.001f + _random.NextSingle() * 0.002f)], count == 1 ? [] : [count]));

    /// <summary>A bias of integers.</summary>
    public string WholeBias(int count) => Constant(SmallGraphs.Tensor(Name("b"), DataType.Int32, (ReadOnlySpan<int>)[.. Enumerable.Range(0, count).Select(_ => _random.Next(-40_000, 40_000))], count));

    private static TensorProto Bytes(string name, bool signed, byte[] bytes, long[] shape) => SmallGraphs.Tensor<byte>(name, signed ? DataType.Int8 : DataType.Uint8, bytes, shape);

    /// <summary>A constant without zeros.</summary>
    public string Constant(params long[] shape) => Constant(Floats(shape));

    public string Scalar(float value) => Constant(TensorData.Of(Name("s"), [value]));

    public string Constant(TensorProto tensor)
    {
        _constants.Add(tensor);
        return tensor.Name;
    }

    /// <returns>The name of what it makes.</returns>
    public string Node(string type, string[] inputs, params IEnumerable<(string Name, object Value)> attributes) => Nodes(type, 1, inputs, attributes)[0];

    /// <summary>The same of several outputs.</summary>
    public string[] Nodes(string type, int outputs, string[] inputs, params IEnumerable<(string Name, object Value)> attributes)
    {
        string[] made = [.. Enumerable.Range(0, outputs).Select(_ => Name("v"))];
        var node = SmallGraphs.Node(type, inputs, made, attributes);
        node.Name = made[0];
        _nodes.Add(node);
        return made;
    }

    /// <param name="outputs">Names.</param>
    public ModelProto Model(params string[] outputs) => Numbered(SmallGraphs.Of(
        _floats.Count > 0 ? 21 : _nodes.Any(node => node is { OpType: "Gelu", Domain: "" }) ? 20 : 17, _nodes, _inputs, _constants, outputs).Proto);

    /// <summary>The same with what DequantizeLinear would make as constants.</summary>
    public ModelProto WithFloats(params string[] outputs)
    {
        var model = Model(outputs);
        foreach (var node in model.Graph.Node.Where(node => node.OpType == "DequantizeLinear").ToArray()) model.Graph.Node.Remove(node);
        model.Graph.Initializer.Add(_floats);
        return model;
    }

    /// <summary>The same with first axes of inputs whose sizes are not known before it runs.</summary>
    public ModelProto OpenModel(params string[] outputs)
    {
        var model = Model(outputs);
        foreach (var input in model.Graph.Input)
            if (input.Type.TensorType.Shape.Dim is [var first, _, ..]) first.DimParam = "open";
        return model;
    }

    private static ModelProto Numbered(ModelProto model)
    {
        if (model.OpsetImport[0].Version > 20) model.IrVersion = 10;
        return model;
    }

    /// <summary>Of half bytes two in each, the lower half first.</summary>
    private static TensorProto Elements(string name, DataType type, byte[] bytes, long[] shape) => SmallGraphs.Tensor<byte>(name, type,
        type is DataType.Int8 or DataType.Uint8 ? bytes : [.. bytes.Chunk(2).Select(pair => (byte)((pair[0] & 0xF) | (pair.Length > 1 ? pair[1] << 4 : 0)))], shape);

    private TensorProto Floats(long[] shape) => TensorData.Of(Name("x"), Draw.Values(_random, (int)shape.Aggregate(1L, (a, b) => a * b)), shape);

    private string Name(string start) => $"{start}{_names++}";
}
