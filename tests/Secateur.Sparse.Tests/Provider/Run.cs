using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Secateur.Onnx;
using Secateur.Onnx.Proto;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>A session with the provider or without it.</summary>
internal sealed class Run : IDisposable
{
    private readonly string _report = Path.GetTempFileName();
    private readonly InferenceSession _session;

    /// <param name="model">To run.</param>
    /// <param name="device">Of the provider; null for the processor's own alone.</param>
    /// <param name="threads">Of the session.</param>
    /// <param name="options">Of the provider.</param>
    public Run(ModelProto model, OrtEpDevice? device, int threads = 1, params IEnumerable<(string Key, string Value)> options)
        : this(model, device, threads, true, options)
    {
    }

    /// <inheritdoc cref="Run(ModelProto, OrtEpDevice, int, IEnumerable{ValueTuple{string, string}})"/>
    /// <param name="optimized">Whether ONNX Runtime rewrites the graph first.</param>
    public Run(ModelProto model, OrtEpDevice? device, int threads, bool optimized, params IEnumerable<(string Key, string Value)> options)
    {
        try
        {
            using var session = new SessionOptions { IntraOpNumThreads = threads, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            if (!optimized) session.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
            session.AddSessionConfigEntry("session.force_spinning_stop", "1");
            if (device is not null) session.AppendExecutionProvider(OrtEnv.Instance(), [device], options.Append((Key: "report", Value: _report)).ToDictionary(option => option.Key, option => option.Value));
            _session = new InferenceSession(model.ToByteArray(), session);
            Report = File.ReadAllLines(_report);
        }
        finally
        {
            File.Delete(_report);
        }
    }

    /// <summary>A line for each node that the provider looked at.</summary>
    public string[] Report { get; }

    public (long[] Shape, float[] Values)[] Of(params IEnumerable<TensorProto> inputs)
    {
        using var run = new RunOptions();
        var given = inputs.ToDictionary(input => input.Name, Value);
        try
        {
            using var results = _session.Run(run, given, _session.OutputNames);
            return [.. results.Select(result => (result.GetTensorTypeAndShape().Shape, Floats(result)))];
        }
        finally
        {
            foreach (var value in given.Values) value.Dispose();
        }
    }

    public void Dispose() => _session.Dispose();

    /// <summary>Of what are no floats, each byte.</summary>
    private static float[] Floats(OrtValue value) => value.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float
        ? value.GetTensorDataAsSpan<float>().ToArray() : [.. value.GetTensorMutableRawData().ToArray().Select(one => (float)one)];

    private static OrtValue Value(TensorProto tensor)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, (TensorElementType)tensor.DataType, [.. tensor.Dims]);
        tensor.Bytes().CopyTo(value.GetTensorMutableRawData());
        return value;
    }
}
