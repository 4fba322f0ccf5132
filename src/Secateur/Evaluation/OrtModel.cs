using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using Secateur.Onnx.Packing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>A model in stock ONNX Runtime on the CPU: what the receiver of the file will run.</summary>
/// <remarks>With the same number of threads the same inputs give the same outputs, bit for bit.</remarks>
public sealed class OrtModel : IDisposable
{
    private static readonly Lazy<OrtEnv> Quiet = new(Environment);

    private readonly InferenceSession session;
    private readonly RunOptions once = new();

    /// <param name="path">The .onnx file.</param>
    /// <param name="threads">Of one operator; 0 takes every core.</param>
    /// <exception cref="SecateurException">ONNX Runtime does not load the file; the message says why.</exception>
    public OrtModel(string path, int threads = 0) : this(path, threads, null, null)
    {
    }

    /// <param name="path">The .onnx file.</param>
    /// <param name="threads">Of one operator; 0 takes every core.</param>
    /// <param name="library">Of Secateur's execution provider; null for ONNX Runtime's own kernels alone.</param>
    /// <param name="settings">The provider's options.</param>
    /// <exception cref="SecateurException">ONNX Runtime does not load the file or the library; the message says why.</exception>
    public OrtModel(string path, int threads, string? library, IReadOnlyDictionary<string, string>? settings = null)
    {
        (Path, Threads) = (path, threads > 0 ? threads : System.Environment.ProcessorCount);
        if (!File.Exists(path)) throw new SecateurException($"{path}: no such file; check the path");
        _ = Quiet.Value;
        using var options = new SessionOptions
        {
            IntraOpNumThreads = Threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.force_spinning_stop", "1"); // an idle session's threads must not slow another's
        if (library is not null) options.AppendSecateur(library, settings);
        Provider = library is null ? "CPUExecutionProvider" : OrtProvider.Name;
        try
        {
            session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException) when (library is null && ProviderModel.Is(path))
        {
            throw new SecateurException($"{path}: its weights are packed for Secateur's provider; run it with --provider, or unpack it first: secateur unpack {path} -o model.onnx");
        }
        catch (OnnxRuntimeException e)
        {
            throw new SecateurException($"{path}: ONNX Runtime cannot load it ({Line(e)}); export the model again", e);
        }
    }

    public string Path { get; }

    public int Threads { get; }

    /// <summary>The execution provider that may take nodes first.</summary>
    public string Provider { get; }

    public IReadOnlyList<string> Inputs => session.InputNames;

    public IReadOnlyList<string> Outputs => session.OutputNames;

    /// <summary>The batch that the file fixes for all of its inputs; null where the batch is open.</summary>
    public int? FixedBatch =>
        session.InputMetadata.Values.Select(input => input.Dimensions is [var first, ..] ? first : -1).Distinct().ToArray() is [> 0 and var only] ? only : null;

    /// <summary>Runs one batch. Where the file fixes another batch size, the batch is cut into pieces of that size.</summary>
    /// <param name="inputs">By input name, [batch, …].</param>
    /// <returns>The outputs in the file's order; they belong to the caller's dispose scope.</returns>
    /// <exception cref="SecateurException">An input is missing, or of another type or shape than the file asks for.</exception>
    public Tensor[] Run(IReadOnlyDictionary<string, Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        var batch = session.InputNames.Count > 0 && Given(inputs, session.InputNames[0]).shape is [var first, ..] ? first : 1;
        var outputs = FixedBatch is { } piece && piece != batch ? InPieces(inputs, batch, piece) : RunOnce(inputs);
        return [.. outputs.Select(output => output.MoveToOuterDisposeScope())];
    }

    /// <summary>Holds inputs ready, so that runs can be timed without the copying around them.</summary>
    /// <param name="inputs">As for <see cref="Run"/>, of the batch size that the file fixes where it fixes one.</param>
    internal OrtRun Prepare(IReadOnlyDictionary<string, Tensor> inputs)
    {
        var memory = Memory(inputs);
        foreach (var tensor in memory) tensor.DetachFromDisposeScope();
        return new(session, memory, [.. memory.Zip(session.InputNames, Over)]);
    }

    public void Dispose()
    {
        once.Dispose();
        session.Dispose();
    }

    private static OrtEnv Environment()
    {
        if (OrtEnv.IsCreated) return OrtEnv.Instance();
        var options = new EnvironmentCreationOptions { logId = "secateur", logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        return OrtEnv.CreateInstanceWithOptions(ref options);
    }

    private Tensor[] InPieces(IReadOnlyDictionary<string, Tensor> inputs, long batch, long piece)
    {
        List<Tensor[]> made = [];
        for (var start = 0L; start < batch; start += piece)
        {
            using var scope = NewDisposeScope();
            var size = Math.Min(piece, batch - start);
            var given = session.InputNames.ToDictionary(name => name, name => Piece(Given(inputs, name), start, size, piece));
            made.Add([.. RunOnce(given).Select(output => output.narrow(0, 0, size).MoveToOuterDisposeScope())]);
        }
        return [.. session.OutputNames.Select((_, output) => cat([.. made.Select(outputs => outputs[output])], 0))];
    }

    // the last piece is filled up with its last example
    private static Tensor Piece(Tensor whole, long start, long size, long piece)
    {
        var part = whole.narrow(0, start, size);
        return size == piece ? part : cat([part, part.narrow(0, size - 1, 1).expand([piece - size, .. whole.shape[1..]])], 0);
    }

    private Tensor[] RunOnce(IReadOnlyDictionary<string, Tensor> inputs)
    {
        OrtValue[] values = [.. Memory(inputs).Zip(session.InputNames, Over)];
        try
        {
            using var outputs = session.Run(once, session.InputNames, values, session.OutputNames);
            return [.. outputs.Select((output, index) => ToTorch(output, session.OutputNames[index]))];
        }
        catch (OnnxRuntimeException e)
        {
            throw new SecateurException($"{Path}: ONNX Runtime cannot run it on this data ({Line(e)}); check the data's shape against the model's inputs", e);
        }
        finally
        {
            foreach (var value in values) value.Dispose();
        }
    }

    private Tensor[] Memory(IReadOnlyDictionary<string, Tensor> inputs) => [.. session.InputNames.Select(name => Memory(name, Given(inputs, name)))];

    private Tensor Given(IReadOnlyDictionary<string, Tensor> inputs, string name) => inputs.GetValueOrDefault(name)
        ?? throw new SecateurException($"{Path}: the data has no '{name}', which the model asks for; name the array or column so, or map it in a YAML file");

    // a handle of its own to elements as the session wants them; a copy only where type or layout differ
    private Tensor Memory(string name, Tensor tensor)
    {
        var asked = session.InputMetadata[name];
        var shape = tensor.shape;
        if (shape.Length != asked.Dimensions.Length || shape.Zip(asked.Dimensions).Any(pair => pair.Second > 0 && pair.First != pair.Second))
            throw new SecateurException($"{Path}: input '{name}' is [{string.Join(", ", asked.Dimensions.Select(size => size > 0 ? $"{size}" : "?"))}], "
                + $"the data gives [{string.Join(", ", shape)}]; bring the data into the model's shape");
        if (OrtTypes.ToTorch(asked.ElementDataType) is not { } type || is_floating_point(tensor) != is_floating_point(type))
            throw new SecateurException($"{Path}: input '{name}' is of type {asked.ElementDataType}, the data of type {tensor.dtype}; bring the data into the model's type");
        return tensor.to_type(type).contiguous();
    }

    private unsafe OrtValue Over(Tensor memory, string name)
    {
        fixed (byte* first = memory.bytes)
            return OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, session.InputMetadata[name].ElementDataType, memory.shape, (nint)first, memory.bytes.Length);
    }

    private Tensor ToTorch(OrtValue output, string name)
    {
        if (output.OnnxType != OnnxValueType.ONNX_TYPE_TENSOR || OrtTypes.ToTorch(output.GetTensorTypeAndShape().ElementDataType) is not { } type)
            throw new SecateurException($"{Path}: output '{name}' is no numeric tensor; export the model with the scores as its outputs");
        var tensor = empty(output.GetTensorTypeAndShape().Shape, type);
        if (tensor.numel() > 0) output.GetTensorMutableRawData().CopyTo(tensor.bytes);
        return tensor;
    }

    private static string Line(OnnxRuntimeException e)
    {
        var text = e.Message.StartsWith('[') && e.Message.IndexOf(']') is > 0 and var end ? e.Message[(end + 1)..] : e.Message;
        return string.Join(" ", text.Split((char[])['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).TrimEnd('.');
    }
}
