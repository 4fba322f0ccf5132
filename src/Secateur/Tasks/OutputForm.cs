using Secateur.Onnx;
using Secateur.Onnx.Proto;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tasks;

/// <summary>What the numbers of an output mean.</summary>
internal enum OutputKind
{
    /// <summary>A score for each class along one axis; the largest is the answer.</summary>
    Classes,

    /// <summary>Each number is a probability of its own: above one half is yes.</summary>
    Switches,

    /// <summary>Numbers by themselves, such as an embedding, a coordinate, a picture.</summary>
    Values,

    /// <summary>Integers, truth values and text: they follow from other values and have no gradient.</summary>
    Ignored,
}

/// <summary>On which scale an output has its scores.</summary>
internal enum ScoreKind
{
    Logits,
    LogProbabilities,
    Probabilities,
}

/// <summary>How one output of a graph is read.</summary>
/// <param name="Name">The output's.</param>
/// <param name="Kind">What its numbers mean.</param>
/// <param name="Scores">Of classes and switches.</param>
/// <param name="Axis">Of the classes; null takes the second of four or five axes and the last of fewer.</param>
internal sealed record OutputForm(string Name, OutputKind Kind, ScoreKind Scores = ScoreKind.Logits, int? Axis = null)
{
    private const double Least = 1e-12;   // of a probability whose logarithm is taken
    private const double Nearest = 1e-6;  // of a switch to 0 and 1, where its logit still is a float32

    /// <summary>Told by the node that makes the output, and by its shape.</summary>
    public static OutputForm Of(Graph graph, int index)
    {
        var output = graph.Outputs[index];
        if (output.Type is not (TensorProto.Types.DataType.Undefined or TensorProto.Types.DataType.Float or TensorProto.Types.DataType.Double
            or TensorProto.Types.DataType.Float16 or TensorProto.Types.DataType.Bfloat16)) return new(output.Name, OutputKind.Ignored);
        var maker = Maker.Of(graph, output.Name);
        return maker?.Node.OpType switch
        {
            "Softmax" => new(output.Name, OutputKind.Classes, ScoreKind.Probabilities, maker.ClassAxis),
            "LogSoftmax" => new(output.Name, OutputKind.Classes, ScoreKind.LogProbabilities, maker.ClassAxis),
            "Sigmoid" or "HardSigmoid" => new(output.Name, OutputKind.Switches, ScoreKind.Probabilities),
            _ when maker is { GivesScores: true } && HasClasses(graph, output) =>
                new(output.Name, OutputKind.Classes, ScoreKind.Logits, maker.Node.OpType is "Conv" or "ConvTranspose" && output.Shape.Length == 3 ? 1 : null),
            _ => new(output.Name, OutputKind.Values),
        };
    }

    /// <summary>The output in the form that losses and metrics take.</summary>
    /// <param name="output">As the graph gives it, the examples along its first axis.</param>
    /// <param name="examples">In the batch.</param>
    /// <param name="model">Its path, for messages.</param>
    /// <returns>float32; of classes logits (up to a constant) [examples, positions, classes], of switches logits [examples, positions],
    /// of values [examples, values].</returns>
    /// <exception cref="SecateurException">The output does not hold an answer for each example.</exception>
    public Tensor Read(Tensor output, long examples, string model)
    {
        if (!output.is_floating_point()) throw new SecateurException($"{model}: output '{Name}' is {output.dtype}, not of scores; take another task");
        if (output.dtype != ScalarType.Float32) output = output.to_type(ScalarType.Float32);
        var axis = Axis ?? (output.dim() >= 4 ? 1 : output.dim() - 1);
        // recognizers may have time first: [time, examples, classes]
        if (output.dim() == 3 && output.shape[0] != examples && output.shape[1] == examples) output = output.transpose(0, 1);
        if (output.dim() == 0 || output.shape[0] == 0 || output.shape[0] % examples != 0 || axis >= output.dim())
            throw new SecateurException($"{model}: output '{Name}' is [{string.Join(", ", output.shape)}] for {examples} examples, so it has no answer for each; "
                + "export the model with an open batch as the first axis");
        switch (Kind)
        {
            case OutputKind.Classes:
                var scores = output.movedim([axis], [-1]);
                if (scores.shape[^1] < 2)
                    throw new SecateurException($"{model}: output '{Name}' is [{string.Join(", ", output.shape)}], not a score for each class; "
                        + "export the model with its class scores as the first output, or take another task");
                scores = scores.reshape(examples, -1, scores.shape[^1]);
                return Scores == ScoreKind.Probabilities ? scores.clamp_min(Least).log() : scores;
            case OutputKind.Switches:
                var switches = output.reshape(examples, -1);
                return Scores == ScoreKind.Probabilities ? switches.clamp(Nearest, 1 - Nearest).logit() : switches;
            case OutputKind.Values or OutputKind.Ignored:
                return output.reshape(examples, -1);
            default:
                throw new ArgumentOutOfRangeException(nameof(output), Kind, "Unknown kind of output.");
        }
    }

    /// <summary>Whether an output without a softmax may be scores of classes: not where a picture goes in and one comes out, and not one of several maps.</summary>
    private static bool HasClasses(Graph graph, Value output) => output.Shape switch
    {
        [] => true,
        [_] => false,
        [_, var classes] => classes != 1,
        [_, _, var classes] => classes != 1,
        [_, var channels, ..] => channels is not (1 or 3) && graph.Outputs.Count(other => other.Shape.Length >= 4) == 1,
    };
}
