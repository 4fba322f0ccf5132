using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using Secateur.Onnx;

namespace Secateur.Evaluation;

/// <summary>What an execution provider says of a node that it could take.</summary>
/// <param name="Claimed">Whether it runs there.</param>
/// <param name="Why">Its weight, zeros and what is fused with it; or why it is left to ONNX Runtime's own kernels.</param>
public sealed record ProviderNode(string Name, string Op, bool Claimed, string Why);

/// <summary>Secateur's execution provider in this process' ONNX Runtime: a library, registered when it is first asked for.</summary>
public static class OrtProvider
{
    public const string Name = "SecateurExecutionProvider";

    private static readonly Dictionary<string, OrtEpDevice> Devices = []; // registered in the process, which is one for all

    /// <summary>Lets the provider take what it will of a session's nodes.</summary>
    /// <param name="options">Of the session.</param>
    /// <param name="library">Path of <c>libsecateur.so</c>.</param>
    /// <param name="settings">The provider's own options.</param>
    /// <exception cref="SecateurException">ONNX Runtime does not take the library; the message says why.</exception>
    public static void AppendSecateur(this SessionOptions options, string library, IReadOnlyDictionary<string, string>? settings = null)
    {
        try
        {
            options.AppendExecutionProvider(OrtEnv.Instance(), [Device(Path.GetFullPath(library))], settings ?? ImmutableDictionary<string, string>.Empty);
        }
        catch (OnnxRuntimeException e)
        {
            throw new SecateurException($"{library}: ONNX Runtime does not take it ({e.Message}); build it by `secateur provider`", e);
        }
    }

    /// <summary>Which nodes of a model the provider takes, and why it leaves the others.</summary>
    /// <param name="model">Path of the .onnx file.</param>
    /// <param name="library">Path of <c>libsecateur.so</c>.</param>
    /// <exception cref="SecateurException">The model or the library cannot be loaded.</exception>
    public static ImmutableArray<ProviderNode> Nodes(string model, string library)
    {
        var report = Path.GetTempFileName();
        try
        {
            using (new OrtModel(model, 1, library, new Dictionary<string, string> { ["report"] = report }))
            {
            }
            return [.. File.ReadLines(report).Select(line => line.Split('\t')).Select(fields => new ProviderNode(fields[1], fields[0], fields[2] == "claimed", fields[3]))];
        }
        finally
        {
            File.Delete(report);
        }
    }

    private static OrtEpDevice Device(string library)
    {
        lock (Devices)
        {
            if (Devices.TryGetValue(library, out var known)) return known;
            var runtime = OrtEnv.Instance();
            var others = Found();
            runtime.RegisterExecutionProviderLibrary(library, library);
            return Devices[library] = runtime.GetEpDevices().Where(device => device.EpName == Name).Skip(others).FirstOrDefault()
                ?? throw new SecateurException($"{library}: it has no provider for this processor; build it by `secateur provider`");

            int Found() => runtime.GetEpDevices().Count(device => device.EpName == Name);
        }
    }
}
