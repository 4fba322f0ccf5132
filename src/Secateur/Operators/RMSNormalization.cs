namespace Secateur.Operators;

/// <summary>ONNX <c>RMSNormalization</c>: Y = Scale·X/√(mean of X² + epsilon).</summary>
internal sealed class RMSNormalization : RootMeanSquare;
