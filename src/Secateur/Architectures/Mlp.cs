using System.Collections.Immutable;
using Secateur.Onnx.Proto;

namespace Secateur.Architectures;

/// <summary>A perceptron for tables: columns made of mean 0 and deviation 1 within the graph, hidden layers of 128 and 64 with ReLU.</summary>
/// <remarks>Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", Nature 323, 1986; standardized inputs:
/// LeCun et al., "Efficient BackProp", 1998, sec. 4.3.</remarks>
internal sealed class Mlp : Architecture
{
    public override string Name => "mlp";

    public override string Summary => $"tables: columns standardized in the graph, 128 and 64 neurons; {Millions(32)} for 32 columns";

    public override TrainingRecipe Defaults { get; } = new() { Epochs = 20, Optimizer = "adam", LearningRate = 1e-3, WeightDecay = 1e-5 };

    private protected override string Layers(GraphBuilder graph, ArchitectureOptions options)
    {
        if (options.InputShape is not [var columns])
            throw Error($"takes a row of numbers, the data has shape {Write(options)}; take lenet-300-100 or resnet-8 for pictures");
        var std = Column(options.Std, "Std", columns, otherwise: 1);
        if (std.Any(value => !(value > 0)))
            throw Error("cannot divide a column by a deviation that is not above 0; give 1 for columns that do not vary");
        var x = graph.Input("features", TensorProto.Types.DataType.Float, columns);
        x = graph.With("Sub", x, "features.mean", Column(options.Mean, "Mean", columns, otherwise: 0));
        x = graph.With("Div", x, "features.std", std);
        x = graph.Relu(graph.Gemm("fc1", x, options.Scale(128), relu: true));
        x = graph.Relu(graph.Gemm("fc2", x, options.Scale(64), relu: true));
        return graph.Gemm("fc3", x, options.Classes, relu: false);
    }

    private float[] Column(ImmutableArray<float> values, string option, long columns, float otherwise)
    {
        if (values.IsDefaultOrEmpty) return [.. Enumerable.Repeat(otherwise, (int)columns)];
        if (values.Length != columns) throw Error($"has {columns} columns but {values.Length} values of {option}; give one for each column");
        if (values.Any(value => !float.IsFinite(value))) throw Error($"cannot take NaN or infinity as {option}; leave such rows out of it");
        return [.. values];
    }
}
