using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Stock ONNX Runtime, the oracle: one thread, no graph optimizations.</summary>
internal static class StockRuntime
{
    public static Tensor[] Run(OnnxModel model, IEnumerable<TensorProto> inputs)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        using var session = new InferenceSession(model.Proto.ToByteArray(), options);
        using var run = new RunOptions();
        var given = inputs.ToDictionary(input => input.Name, Value);
        using var results = session.Run(run, given, session.OutputNames);
        foreach (var value in given.Values) value.Dispose();
        return [.. results.Select(Read)];
    }

    private static OrtValue Value(TensorProto tensor)
    {
        var type = (Microsoft.ML.OnnxRuntime.Tensors.TensorElementType)tensor.DataType; // ONNX's own numbers
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, [.. tensor.Dims]);
        tensor.Bytes().CopyTo(value.GetTensorMutableRawData());
        return value;
    }

    private static Tensor Read(OrtValue value)
    {
        var description = value.GetTensorTypeAndShape();
        var tensor = empty(description.Shape, TorchTensors.TypeOf((TensorProto.Types.DataType)description.ElementDataType));
        if (tensor.numel() > 0) value.GetTensorMutableRawData().CopyTo(tensor.bytes);
        return tensor;
    }
}
