using Secateur.Execution;

namespace Secateur.Reconstruction;

/// <summary>The bias that is added to what a weight gives, one number an output, and to nothing else.</summary>
internal static class Intercept
{
    /// <summary>Its name; it is [outputs of all groups]. Null where there is none of its own.</summary>
    public static string? Of(Network network, Weight weight, Products products)
    {
        var (node, graph) = (weight.Node, network.Graph);
        var name = node.OpType switch
        {
            "Conv" or "FusedConv" or "ConvTranspose" => node.HasInput(2) ? node.Inputs[2] : null,
            "Gemm" when weight.Input == 1 && node.Float("alpha", 1) == 1 && node.Float("beta", 1) == 1 => node.HasInput(2) ? node.Inputs[2] : null,
            "MatMul" when weight.Input == 1 && graph.Consumers.TryGetValue(node.Outputs[0], out var readers) && readers is [{ OpType: "Add" } add]
                && graph.Outputs.All(output => output.Name != node.Outputs[0]) => add.Inputs.Single(input => input != node.Outputs[0]),
            _ => null,
        };
        return name is not null && network.Behind(name) is { } constant && network.Parameters.TryGetValue(constant, out var bias) && network.IsReadOnce(name)
            && bias.numel() == products.Groups * products.Rows && bias.shape[^1] == bias.numel() ? constant : null;
    }
}
