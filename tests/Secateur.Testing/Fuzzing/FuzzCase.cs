using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Testing.Fuzzing;

/// <summary>What became of a damaged file.</summary>
public enum FuzzOutcome
{
    /// <summary>Not read; an error of ours said why.</summary>
    Refused,

    /// <summary>Read and saved again, but an error of ours said why it cannot be run.</summary>
    Loaded,

    /// <summary>Inspected, run on zeros and differentiated.</summary>
    Ran,
}

/// <summary>Tries a damaged file: what is no <see cref="SecateurException"/> of one line is a fault of ours.</summary>
public static class FuzzCase
{
    private const double LargestInput = 1 << 20; // elements

    public static FuzzOutcome Load(string path) => Load(path, out _);

    /// <summary>Also inspects the model, runs it on zeros, and differentiates it; LibTorch may end the process.</summary>
    public static FuzzOutcome Run(string path)
    {
        if (Load(path, out var model) == FuzzOutcome.Refused) return FuzzOutcome.Refused;
        // what the model asks for by its own inputs' shapes is its user's to give
        if (model!.Graph.Inputs.Any(input => input.ShapeWith(1).Aggregate(1.0, (product, size) => product * size) > LargestInput)) return FuzzOutcome.Loaded;
        try
        {
            Inspection.Of(model);
            using var scope = NewDisposeScope();
            using var network = new Network(model);
            var inputs = model.Graph.Inputs.Where(input => TorchTensors.Holds(input.Type)).ToDictionary(input => input.Name, input => zeros(input.ShapeWith(1), TorchTensors.TypeOf(input.Type)));
            foreach (var output in network.Run(inputs))
                if (output.requires_grad && output.numel() > 0) output.sum().backward(retain_graph: true);
            return FuzzOutcome.Ran;
        }
        catch (SecateurException e)
        {
            CheckMessage(e);
            return FuzzOutcome.Loaded;
        }
    }

    private static FuzzOutcome Load(string path, out OnnxModel? model)
    {
        model = null;
        try
        {
            model = OnnxModel.Load(path);
            model.Save(path + ".saved");
            return FuzzOutcome.Loaded;
        }
        catch (SecateurException e)
        {
            CheckMessage(e);
            return FuzzOutcome.Refused;
        }
    }

    private static void CheckMessage(SecateurException e)
    {
        if (e.Message.AsSpan().IndexOfAny('\n', '\r') >= 0 || !e.Message.Contains("; ")) throw new InvalidOperationException($"no line with a mend: {e.Message}", e);
    }
}
