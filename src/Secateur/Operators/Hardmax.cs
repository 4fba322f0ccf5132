using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>Hardmax</c>: 1 at the greatest, the first of several equal ones; 0 elsewhere. No gradient passes.</summary>
internal sealed class Hardmax : Normalizer
{
    public override string WhyWhole => "seeks the largest along it";

    protected override Tensor Apply(Tensor x, long axis)
    {
        var place = x.argmax(axis, keepdim: true);
        return zeros(x.shape, x.dtype).scatter(axis, place, ones(place.shape, x.dtype));
    }
}
