namespace Secateur.Operators;

/// <summary>ONNX <c>BlackmanWindow</c>.</summary>
internal sealed class BlackmanWindow : CosineWindow
{
    protected override double[] Terms { get; } = [0.42, -0.5, 0.08];
}
