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
    private readonly List<TensorProto> _inputs = [], _constants = [];
    private int _names;

    public TensorProto[] Inputs => [.. _inputs];

    /// <summary>An input and the elements that it is fed.</summary>
    public string Input(params long[] shape)
    {
        _inputs.Add(Floats(shape));
        return _inputs[^1].Name;
    }

    /// <summary>A constant, as sparse as the case.</summary>
    public string Weight(params long[] shape) => Constant(TensorData.Of(Name("w"), Draw.Weights(_random, (int)shape[0], (int)shape[1..].Aggregate(1L, (a, b) => a * b), sparsity), shape));

    /// <summary>The same of bytes, which DequantizeLinear makes floats of; columns of 16 outputs are kept or pruned together.</summary>
    /// <param name="inputs">The first axis.</param>
    /// <param name="outputs">The second one.</param>
    /// <param name="each">Whether every output has a scale of its own.</param>
    public string Bytes(int inputs, int outputs, bool each)
    {
        var values = Draw.Weights(_random, outputs, inputs, sparsity, 16);
        var bytes = new byte[inputs * outputs];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(sbyte)MathF.Round(127 * values[i % outputs * inputs + i / outputs]);
        var weight = new TensorProto { Name = Name("q"), DataType = (int)DataType.Int8, RawData = ByteString.CopyFrom(bytes) };
        weight.Dims.Add([inputs, outputs]);
        return Node("DequantizeLinear", [Constant(weight), each ? Constant(outputs) : Scalar(0.03f)], ("axis", 1));
    }

    /// <summary>A constant without zeros.</summary>
    public string Constant(params long[] shape) => Constant(Floats(shape));

    public string Scalar(float value) => Constant(TensorData.Of(Name("s"), [value]));

    public string Constant(TensorProto tensor)
    {
        _constants.Add(tensor);
        return tensor.Name;
    }

    /// <returns>The name of what it makes.</returns>
    public string Node(string type, string[] inputs, params IEnumerable<(string Name, object Value)> attributes)
    {
        var output = Name("v");
        var node = SmallGraphs.Node(type, inputs, [output], attributes);
        node.Name = output;
        _nodes.Add(node);
        return output;
    }

    /// <param name="outputs">Names.</param>
    public ModelProto Model(params string[] outputs) => SmallGraphs.Of(_nodes.Any(node => node is { OpType: "Gelu", Domain: "" }) ? 20 : 17, _nodes, _inputs, _constants, outputs).Proto;

    /// <summary>The same with first axes of inputs whose sizes are not known before it runs.</summary>
    public ModelProto OpenModel(params string[] outputs)
    {
        var model = Model(outputs);
        foreach (var input in model.Graph.Input)
            if (input.Type.TensorType.Shape.Dim is [var first, _, ..]) first.DimParam = "open";
        return model;
    }

    private TensorProto Floats(long[] shape) => TensorData.Of(Name("x"), Draw.Values(_random, (int)shape.Aggregate(1L, (a, b) => a * b)), shape);

    private string Name(string start) => $"{start}{_names++}";
}
