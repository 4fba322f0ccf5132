using Secateur.Data;
using Secateur.Onnx;
using Secateur.Tasks;

namespace Secateur.Pruning;

/// <summary>Whether a model can learn from data, asked before anything is spent on it.</summary>
internal static class DataFit
{
    /// <exception cref="SecateurException">Inputs do not match, or a label is no class of the model; the message says how to mend it.</exception>
    public static void Check(OnnxModel model, DataSet data, Assignment task)
    {
        try
        {
            Binding.Of(model.Graph, data.Train);
        }
        catch (SecateurException e) when (data.Path.Length > 0)
        {
            throw new SecateurException($"{data.Path}: {e.Message}", e);
        }
        if (data.Train.Count == 0) throw new SecateurException($"{data.Path}: leaves no example to learn from; give more data");
        if (data.Train.Labels is not null && task.Task is Tasks.Classification && model.Graph.Outputs[0].Shape is [_, { } classes]) LabelCheck.Within(data, classes);
    }
}
