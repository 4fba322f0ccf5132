using Microsoft.ML.OnnxRuntime.Tensors;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>Element types of ONNX Runtime in LibTorch's words.</summary>
internal static class OrtTypes
{
    /// <summary>The type of the same width and, but for unsigned numbers, the same meaning; null where there is none.</summary>
    public static ScalarType? ToTorch(TensorElementType type) => type switch
    {
        TensorElementType.Float => ScalarType.Float32,
        TensorElementType.Double => ScalarType.Float64,
        TensorElementType.Float16 => ScalarType.Float16,
        TensorElementType.BFloat16 => ScalarType.BFloat16,
        TensorElementType.Int8 => ScalarType.Int8,
        TensorElementType.UInt8 => ScalarType.Byte,
        TensorElementType.Int16 or TensorElementType.UInt16 => ScalarType.Int16,
        TensorElementType.Int32 or TensorElementType.UInt32 => ScalarType.Int32,
        TensorElementType.Int64 or TensorElementType.UInt64 => ScalarType.Int64,
        TensorElementType.Bool => ScalarType.Bool,
        _ => null,
    };
}
