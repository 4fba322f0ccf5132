namespace Secateur.Operators;

/// <summary>ONNX Runtime's <c>SimplifiedLayerNormalization</c>, the name of RMSNormalization before ONNX had it; it is written in ONNX's own domain.</summary>
internal sealed class SimplifiedLayerNormalization : RootMeanSquare;
