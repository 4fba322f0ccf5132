namespace Secateur.Operators;

/// <summary>ONNX <c>HammingWindow</c>.</summary>
internal sealed class HammingWindow : CosineWindow
{
    protected override double[] Terms { get; } = [25.0 / 46, -21.0 / 46];
}
