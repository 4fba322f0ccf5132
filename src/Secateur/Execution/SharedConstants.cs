using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Execution;

/// <summary>
/// Exporters write equal constants once: in a network that was not trained yet, all normalizations share one scale of ones, and a bias of
/// zeros is the running mean as well. To train them, each needs its own again.
/// </summary>
internal static class SharedConstants
{
    /// <summary>Gives every normalization scales, biases and statistics of its own. The model computes the same.</summary>
    /// <returns>The model itself where nothing is shared.</returns>
    public static OnnxModel Separate(OnnxModel model)
    {
        HashSet<string> used = [];
        var separated = false;
        foreach (var node in model.Graph.AllNodes)
        {
            if (!node.OpType.Contains("Normalization", StringComparison.Ordinal))
            {
                used.UnionWith(node.Inputs);
                continue;
            }
            for (var input = 1; input < node.Inputs.Length; input++)
            {
                var name = node.Inputs[input];
                if (!model.Graph.Constants.TryGetValue(name, out var constant) || used.Add(name)) continue;
                var own = constant.Clone();
                own.Name = Unused($"{name}/{node.Name}/{input}");
                model.Proto.Graph.Initializer.Add(own);
                node.Proto.Input[input] = own.Name;
                separated = true;
            }
        }
        return separated ? model.Reread() : model;

        string Unused(string name)
        {
            while (model.Graph.Constants.ContainsKey(name) || !used.Add(name)) name += "'";
            return name;
        }
    }
}
