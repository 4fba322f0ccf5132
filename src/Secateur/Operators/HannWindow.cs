namespace Secateur.Operators;

/// <summary>ONNX <c>HannWindow</c>.</summary>
internal sealed class HannWindow : CosineWindow
{
    protected override double[] Terms { get; } = [0.5, -0.5];
}
