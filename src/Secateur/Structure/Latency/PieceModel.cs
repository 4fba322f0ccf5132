using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.AttributeProto.Types;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Structure.Latency;

/// <summary>A piece of a model at some shapes, as a model of its own with random weights, and the words that name it.</summary>
/// <param name="Key">Operators, attributes, types and shapes: two pieces of one key take as long. In one line.</param>
/// <param name="Make">Writes it.</param>
internal sealed record PieceModel(string Key, Func<ModelProto> Make)
{
    private const int MostToldElements = 16; // of a constant whose values are part of the key

    /// <param name="piece">Of the model.</param>
    /// <param name="model">The whole.</param>
    /// <param name="dense">The shapes that were seen.</param>
    /// <param name="shapes">The new ones.</param>
    /// <exception cref="SecateurException">A value has no shape or no type of ONNX's; the message names it.</exception>
    public static PieceModel Of(Piece piece, OnnxModel model, Shapes dense, Shapes shapes)
    {
        var text = new StringBuilder();
        Dictionary<string, string> names = []; // short ones, by order of use
        List<(string Name, string Own, long[]? Sizes)> constants = [], inputs = [];
        List<NodeProto> nodes = [];
        foreach (var node in piece.Nodes)
        {
            if (node.Subgraphs.Any() || node.Outputs.Any(name => name.Length > 0 && !dense.Has(name))) throw node.Error("it cannot be timed alone");
            var own = new NodeProto { OpType = node.OpType, Domain = node.Proto.Domain, Name = $"n{nodes.Count}" };
            var attributes = Fitting.Attributes(node, shapes).ToDictionary(pair => pair.Name, pair => pair.Values);
            own.Attribute.Add(node.Proto.Attribute.Select(attribute => attributes.TryGetValue(attribute.Name, out var values) ? With(attribute, values) : attribute));
            text.Append(nodes.Count == 0 ? "" : " | ").Append(node.Domain.Length == 0 ? "" : node.Domain + ".").Append(node.OpType);
            if (own.Attribute.Count > 0) text.Append('{').AppendJoin(' ', own.Attribute.OrderBy(attribute => attribute.Name, StringComparer.Ordinal).Select(Text)).Append('}');
            text.Append('(');
            foreach (var (place, name) in node.Inputs.Index())
            {
                if (place > 0) text.Append(", ");
                own.Input.Add(name.Length == 0 ? "" : Input(node, place, name));
            }
            text.Append(')');
            foreach (var output in node.Outputs)
            {
                own.Output.Add(output.Length == 0 ? "" : names[output] = $"v{names.Count}");
            }
            nodes.Add(own);
        }
        string[] leaving = [.. piece.Outputs.Where(names.ContainsKey)];
        text.Append(" -> ").AppendJoin(", ", leaving.Select(name => names[name]));
        return new(text.ToString(), Write);

        string Input(Node node, int place, string name)
        {
            var sizes = Fitting.Sizes(node, place, dense, shapes);
            if (sizes is not null)
            {
                var stated = $"c{constants.Count}";
                constants.Add((name, stated, sizes));
                text.Append('[').AppendJoin(',', sizes).Append(']');
                return stated;
            }
            if (names.TryGetValue(name, out var known))
            {
                text.Append(known);
                return known;
            }
            var own = names[name] = $"v{names.Count}";
            var told = "";
            if (model.Graph.Constants.TryGetValue(name, out var constant))
            {
                constants.Add((name, own, null));
                told = constant.Count() <= MostToldElements && IsWhole(constant, shapes[name]) && IsTelling(constant) ? $"={string.Join(',', Values(constant))}" : "*";
            }
            else inputs.Add((name, own, null));
            text.Append(own).Append(':').Append(TypeOf(name, model, dense).ToString().ToLowerInvariant()).Append('[').AppendJoin(',', shapes[name]).Append(']').Append(told);
            return own;
        }

        ModelProto Write()
        {
            var proto = new ModelProto { IrVersion = model.Proto.IrVersion, OpsetImport = { model.Proto.OpsetImport }, Graph = new GraphProto { Name = "piece", Node = { nodes } } };
            var random = new Random(1);
            foreach (var (name, own, sizes) in constants)
                proto.Graph.Initializer.Add(sizes is not null ? TensorData.Of(own, sizes, sizes.Length) : Constant(model.Graph.Constants[name], own, shapes[name], random));
            foreach (var (name, own, _) in inputs) proto.Graph.Input.Add(Describe(own, TypeOf(name, model, dense), shapes[name]));
            foreach (var name in leaving) proto.Graph.Output.Add(new ValueInfoProto { Name = names[name] });
            return proto;
        }
    }

    private static DataType TypeOf(string name, OnnxModel model, Shapes shapes) => model.Graph.TypeOf(name) is { } stated and > 0 ? stated : shapes.TypeOf(name) switch
    {
        ScalarType.Float32 => model.Graph.FloatTypeOf(name) ?? DataType.Float,
        ScalarType.Float64 => DataType.Double,
        ScalarType.Int8 => DataType.Int8,
        ScalarType.Byte => DataType.Uint8,
        ScalarType.Int16 => DataType.Int16,
        ScalarType.Int32 => DataType.Int32,
        ScalarType.Int64 => DataType.Int64,
        ScalarType.Bool => DataType.Bool,
        var type => throw new SecateurException($"value '{name}' is of type {type}, which ONNX does not know"),
    };

    /// <summary>Small numbers and those that are not floating stay as they are; all else is random, as its values do not matter for time.</summary>
    private static TensorProto Constant(TensorProto constant, string own, ImmutableArray<long> shape, Random random)
    {
        var whole = IsWhole(constant, shape);
        if (whole && (constant.Type() != DataType.Float || constant.Count() <= MostToldElements))
        {
            var copy = constant.Clone();
            copy.Name = own;
            return copy;
        }
        var count = shape.Aggregate(1L, (product, size) => product * size);
        if (constant.Type() == DataType.Float)
        {
            var values = new float[count];
            var shift = shape.Length < 2 ? 1f : 0; // a variance is no less than 0
            for (var i = 0; i < values.Length; i++) values[i] = 0.1f * (random.NextSingle() - 0.5f + shift);
            return TensorData.Of(own, values, shape.AsSpan());
        }
        var zeros = new TensorProto { Name = own, DataType = constant.DataType, RawData = Google.Protobuf.ByteString.CopyFrom(new byte[(count * TensorData.Bits(constant.Type()) + 7) / 8]) };
        zeros.Dims.Add(shape);
        return zeros;
    }

    private static bool IsWhole(TensorProto constant, ImmutableArray<long> shape) => constant.Dims.SequenceEqual(shape);

    /// <summary>Whether its values may decide how it is run: a learned number does not, as the 2 of a square or the 0.5 of a GELU may.</summary>
    private static bool IsTelling(TensorProto constant) => constant.Type() != DataType.Float || constant.ToArray<float>().All(value => 2 * value == MathF.Round(2 * value));

    private static IEnumerable<string> Values(TensorProto constant) => constant.Type() switch
    {
        DataType.Float => constant.ToArray<float>().Select(value => value.ToString("R", CultureInfo.InvariantCulture)),
        DataType.Int64 => constant.ToArray<long>().Select(value => value.ToString(CultureInfo.InvariantCulture)),
        DataType.String => ["texts"],
        _ => [Convert.ToHexStringLower(constant.Bytes())],
    };

    private static AttributeProto With(AttributeProto attribute, long[] values) => attribute.Type == AttributeType.Int
        ? new() { Name = attribute.Name, Type = attribute.Type, I = values[0] }
        : new() { Name = attribute.Name, Type = attribute.Type, Ints = { values } };

    private static string Text(AttributeProto attribute) => attribute.Name + "=" + attribute.Type switch
    {
        AttributeType.Int => attribute.I.ToString(CultureInfo.InvariantCulture),
        AttributeType.Float => attribute.F.ToString("R", CultureInfo.InvariantCulture),
        AttributeType.String => attribute.S.ToStringUtf8(),
        AttributeType.Ints => string.Join(',', attribute.Ints),
        AttributeType.Floats => string.Join(',', attribute.Floats.Select(value => value.ToString("R", CultureInfo.InvariantCulture))),
        AttributeType.Tensor => attribute.T.Count() <= MostToldElements ? string.Join(',', Values(attribute.T)) : $"[{string.Join(',', attribute.T.Dims)}]",
        var type => type.ToString(),
    };

    private static ValueInfoProto Describe(string name, DataType type, ImmutableArray<long> shape)
    {
        var told = new TensorShapeProto();
        told.Dim.Add(shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new() { Name = name, Type = new TypeProto { TensorType = new() { ElemType = (int)type, Shape = told } } };
    }
}
