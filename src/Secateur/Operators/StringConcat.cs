using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>StringConcat</c>: each text of X followed by that of Y, broadcast together.</summary>
internal sealed class StringConcat : TextOperator
{
    public override IDisposable[] Run(Node node, IDisposable?[] inputs)
    {
        using var scope = NewDisposeScope();
        var (x, y) = (node.Texts(inputs, 0), node.Texts(inputs, 1));
        var places = broadcast_tensors(Places(x), Places(y));
        node.Affordable(places[0].shape, x.Elements.Length + y.Elements.Length);
        var (first, second) = (node.Ints(places[0].contiguous()), node.Ints(places[1].contiguous()));
        return [new Texts([.. places[0].shape], [.. first.Zip(second, (one, other) => x.Elements[(int)one] + y.Elements[(int)other])])];
    }

    private static Tensor Places(Texts texts) => arange(texts.Elements.Length, dtype: ScalarType.Int64).reshape([.. texts.Shape]);
}
