namespace Secateur.Sparse.Provider;

/// <summary>BatchNormalization with constants behind a convolution: a factor and a bias for each output. ONNX Runtime puts it into the weights itself, save into those that the model holds packed.</summary>
internal static unsafe class Normalization
{
    /// <returns>Null where the node is another one.</returns>
    public static Following? Of(GraphNode node, int outputs)
    {
        if (node is not { Operator: "BatchNormalization", Outputs.Length: 1, Inputs.Length: 5 } || node.Whole("training_mode", 0) != 0) return null;
        var parts = new float[4][]; // scale, bias, mean, variance
        for (var part = 0; part < parts.Length; part++)
        {
            if (node.Input(part + 1) is not { IsConstant: true, IsFloat: true } value || value.Constant is var constant && constant.Elements != outputs) return null;
            parts[part] = new ReadOnlySpan<float>(constant.Data, outputs).ToArray();
        }
        var epsilon = node.Number("epsilon", 1e-5f);
        float[] scale = [.. Enumerable.Range(0, outputs).Select(output => parts[0][output] / MathF.Sqrt(parts[3][output] + epsilon))];
        return new([node], node.Output) { Scale = scale, Bias = [.. Enumerable.Range(0, outputs).Select(output => parts[1][output] - parts[2][output] * scale[output])] };
    }
}
