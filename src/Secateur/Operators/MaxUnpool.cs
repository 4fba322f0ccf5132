using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>MaxUnpool</c>: X [N, C, spatial…] put where <c>MaxPool</c>'s indices, of the same shape, say it (places in the flattened
/// result); zeros elsewhere.
/// </summary>
/// <remarks>The result's shape is the third input, or what a pooling by the same attributes would have been given at least.</remarks>
internal sealed class MaxUnpool : Operator
{
    public override string WhyWhole => "reads places that count all elements";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (x, indices) = (inputs[0]!, inputs[1]!);
        var shape = inputs.Length > 2 && inputs[2] is { } wanted ? node.Ints(wanted) : Least(node, x.shape);
        if (!indices.shape.AsSpan().SequenceEqual(x.shape) || shape.Length != x.dim() || Array.Exists(shape, size => size < 0))
            throw node.Error($"cannot spread [{string.Join(", ", x.shape)}] by indices [{string.Join(", ", indices.shape)}] over [{string.Join(", ", shape)}]; check the data's shape");
        node.Affordable(shape, 16 * x.numel());
        var flat = zeros(shape.Product(), x.dtype);
        return [flat.index_copy(0, node.Places(indices.reshape(-1), shape.Product()), x.reshape(-1)).reshape(shape)];
    }

    private static long[] Least(Node node, long[] shape)
    {
        if (shape.Length is < 3 or > 5) throw node.Error($"its input has {shape.Length} axes; pooling needs 3 to 5, check the data's shape");
        var window = Window.Of(node, shape[2..], node.Ints("kernel_shape") ?? throw node.Error("attribute kernel_shape is missing; export the model again"));
        return [.. shape[..2], .. shape[2..].Select((size, d) => (size - 1) * window.Strides[d] + window.Kernel[d] - window.Begin[d] - window.End[d])];
    }
}
