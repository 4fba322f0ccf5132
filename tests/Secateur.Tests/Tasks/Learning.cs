using Secateur.Data;
using Secateur.Execution;
using Secateur.Tasks;
using Secateur.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Tasks;

/// <summary>What a network learns from examples, as a run would take it.</summary>
internal static class Learning
{
    public static Objective Of(Network network, Examples? examples, double teacher = 0, double temperature = 1, string? task = null) =>
        new(Assignment.Of(network.Graph, examples, task, null), teacher, temperature);

    /// <summary>The outputs of a network in their forms.</summary>
    public static Reading Read(this Objective objective, Network network, Dictionary<string, Tensor> inputs)
    {
        var examples = inputs.Values.First().shape[0];
        return Reading.Of(objective.Task.Forms, network.Run(inputs), examples, examples, "model");
    }

    /// <summary>Tensors as the outputs of a model, all of one kind.</summary>
    public static Reading Read(OutputKind kind, params Tensor[] outputs) =>
        Reading.Of([.. outputs.Select((_, i) => new OutputForm($"y{i}", kind))], outputs, outputs[0].shape[0], outputs[0].shape[0], "model");
}
