using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Testing;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Bench;

/// <summary>Random inputs on which a model runs that nothing is told of.</summary>
internal static class ExampleInputs
{
    /// <param name="network">Of the model.</param>
    /// <param name="name">One of the suite is fed as its tests feed it.</param>
    /// <param name="seed">Of the numbers.</param>
    public static Dictionary<string, Tensor> Of(Network network, string name, long seed = 1)
    {
        manual_seed(seed);
        if (Skeletons.All.Contains(name)) return Skeletons.Inputs(name, network.Model, seed: (int)seed);
        var inputs = network.Graph.Inputs.ToDictionary(input => input.Name, input => Example(input, ShapeOf(network.Graph, input)));
        return Runs(network, inputs) ? inputs // sound, above all, needs more than a picture's side
            : network.Graph.Inputs.ToDictionary(input => input.Name, input => Example(input, [.. Shapes.Of(network)[input.Name]]));
    }

    private static bool Runs(Network network, Dictionary<string, Tensor> inputs)
    {
        using var frozen = no_grad();
        using var quiet = QuietHeap.Enter();
        using var scope = NewDisposeScope();
        try
        {
            _ = network.Run(inputs);
            return true;
        }
        catch (SecateurException)
        {
            return false;
        }
    }

    private static bool IsNumbers(Value input) => input.Type is DataType.Float or DataType.Float16 or DataType.Double;

    /// <summary>A video alone fills the memory.</summary>
    private static long[] ShapeOf(Graph graph, Value input) => graph.ShapeWith(input, batch: input.Shape.Length == 5 ? 1 : 2, open: IsNumbers(input) ? 96 : 16);

    private static Tensor Example(Value input, long[] shape)
    {
        if (IsNumbers(input)) return rand(shape).to(TorchTensors.TypeOf(input.Type));
        return (input.Name.Contains("mask", StringComparison.Ordinal) ? ones(shape) : randint(1, 100, shape)).to(TorchTensors.TypeOf(input.Type));
    }
}
