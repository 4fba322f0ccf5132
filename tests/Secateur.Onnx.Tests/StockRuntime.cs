using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx.Tests;

/// <summary>Stock ONNX Runtime, the oracle: one thread.</summary>
internal static class StockRuntime
{
    /// <returns>The bytes of each output.</returns>
    public static byte[][] Run(string path, params IEnumerable<TensorProto> inputs)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(path, options);
        using var run = new RunOptions();
        var given = inputs.ToDictionary(input => input.Name, Value);
        using var results = session.Run(run, given, session.OutputNames);
        foreach (var value in given.Values) value.Dispose();
        return [.. results.Select(result => result.GetTensorMutableRawData().ToArray())];
    }

    private static OrtValue Value(TensorProto tensor)
    {
        var type = (TensorElementType)tensor.DataType; // ONNX's own numbers
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, [.. tensor.Dims]);
        tensor.Bytes().CopyTo(value.GetTensorMutableRawData());
        return value;
    }
}
