using Secateur.Data;
using Secateur.Onnx;

namespace Secateur.Pruning;

/// <summary>Whether a model can learn from data, asked before anything is spent on it.</summary>
internal static class DataFit
{
    /// <exception cref="SecateurException">Inputs do not match, or a label is no class of the model; the message says how to mend it.</exception>
    public static void Check(OnnxModel model, DataSet data)
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
        if (data.Train.Labels is null) return;
        var output = model.Graph.Outputs[0];
        if (output.Shape is [_, { } classes]) LabelCheck.Within(data, classes);
        else if (output.Shape.Length != 0 && output.Shape.Length != 2)
            throw new SecateurException($"{model.Path}: output {output} is not one answer an example, as labels need; leave the labels out (--no-labels) to learn from the dense model");
    }
}
