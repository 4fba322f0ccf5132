using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>A session with its inputs in place: a run is the session's own work and nothing else.</summary>
/// <param name="session">Borrowed; disposed by its owner, after this.</param>
/// <param name="memory">The inputs' elements.</param>
/// <param name="inputs">Views of <paramref name="memory"/>, in the session's order.</param>
internal sealed class OrtRun(InferenceSession session, IReadOnlyList<Tensor> memory, IReadOnlyList<OrtValue> inputs) : IDisposable
{
    private readonly RunOptions options = new();

    public void Run()
    {
        using var outputs = session.Run(options, session.InputNames, inputs, session.OutputNames);
    }

    public void Dispose()
    {
        options.Dispose();
        foreach (var input in inputs) input.Dispose();
        foreach (var tensor in memory) tensor.Dispose();
    }
}
