using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Tests.Tasks;

/// <summary>Small networks whose outputs are declared as exporters declare them.</summary>
internal static class TaskNets
{
    /// <summary>x [batch, 6] through a layer of 16 to y [batch, outputs].</summary>
    public static OnnxModel Flat(int outputs, string last = "") => Of(
        [
            SmallGraphs.Node("Gemm", ["x", "w1", "b1"], ["h"]), SmallGraphs.Node("Relu", ["h"], ["r"]),
            SmallGraphs.Node("Gemm", ["r", "w2", "b2"], [last.Length == 0 ? "y" : "z"]), .. Last(last, "z"),
        ], [null, 6], [("w1", [6, 16]), ("b1", [16]), ("w2", [16, outputs]), ("b2", [outputs])], [null, outputs]);

    /// <summary>x [batch, places, 6], each place by itself through a layer of 16 to y [batch, places, classes].</summary>
    public static OnnxModel Sequence(int classes, string last = "") => Of(
        [
            SmallGraphs.Node("MatMul", ["x", "w1"], ["h"]), SmallGraphs.Node("Relu", ["h"], ["r"]),
            SmallGraphs.Node("MatMul", ["r", "w2"], ["m"]), SmallGraphs.Node("Add", ["m", "b2"], [last.Length == 0 ? "y" : "z"]), .. Last(last, "z", 2),
        ], [null, null, 6], [("w1", [6, 16]), ("w2", [16, classes]), ("b2", [classes])], [null, null, classes]);

    /// <summary>Tokens [batch, length] of 8 kinds, by what stands there, to scores of the next, [batch, length, 8].</summary>
    public static OnnxModel Language() => Of(
        [SmallGraphs.Node("Gather", ["e", "input_ids"], ["v"]), SmallGraphs.Node("MatMul", ["v", "w"], ["y"])],
        [null, null], [("e", [8, 12]), ("w", [12, 8])], [null, null, 8], "input_ids", DataType.Int64);

    /// <summary>Pictures of any size through two convolutions to maps of the same size.</summary>
    public static OnnxModel Maps(int channels, string last = "", int inputs = 3) => Of(
        [
            SmallGraphs.Node("Conv", ["x", "w1"], ["h"], ("pads", new long[] { 1, 1, 1, 1 })), SmallGraphs.Node("Relu", ["h"], ["r"]),
            SmallGraphs.Node("Conv", ["r", "w2", "b2"], [last.Length == 0 ? "y" : "z"], ("pads", new long[] { 1, 1, 1, 1 })), .. Last(last, "z"),
        ], [null, inputs, null, null], [("w1", [8, inputs, 3, 3]), ("w2", [channels, 8, 3, 3]), ("b2", [channels])], [null, channels, null, null]);

    /// <param name="nodes">That make y of the input.</param>
    /// <param name="input">Null is an open dimension.</param>
    /// <param name="weights">Drawn by a fixed seed.</param>
    /// <param name="output">Of y.</param>
    public static OnnxModel Of(NodeProto[] nodes, long?[] input, (string Name, long[] Shape)[] weights, long?[] output, string name = "x", DataType type = DataType.Float, string[]? outputs = null)
    {
        var random = new Random(3);
        var constants = weights.Select(weight =>
        {
            var values = new float[weight.Shape.Aggregate(1L, (product, size) => product * size)];
            for (var i = 0; i < values.Length; i++) values[i] = (float)(random.NextDouble() - 0.5);
            return TensorData.Of(weight.Name, values, weight.Shape);
        });
        var proto = new ModelProto { IrVersion = 8, Graph = SmallGraphs.Graph(nodes, [], constants, (outputs ?? ["y"]).Select(made => Value(made, DataType.Float, output))) };
        foreach (var (index, node) in proto.Graph.Node.Index()) node.Name = $"{node.OpType}_{index}";
        proto.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 13 });
        proto.Graph.Input.Add(Value(name, type, input));
        return new(proto, "small.onnx");
    }

    public static Network Run(this OnnxModel model) => new(model);

    private static NodeProto[] Last(string type, string from, long axis = 1) => type switch
    {
        "" => [],
        "Softmax" or "LogSoftmax" => [SmallGraphs.Node(type, [from], ["y"], ("axis", axis))],
        _ => [SmallGraphs.Node(type, [from], ["y"])],
    };

    private static ValueInfoProto Value(string name, DataType type, long?[] shape)
    {
        var dimensions = new TensorShapeProto();
        dimensions.Dim.Add(shape.Select((size, axis) => size is { } known ? new TensorShapeProto.Types.Dimension { DimValue = known } : new() { DimParam = $"{name}{axis}" }));
        return new() { Name = name, Type = new TypeProto { TensorType = new() { ElemType = (int)type, Shape = dimensions } } };
    }
}
