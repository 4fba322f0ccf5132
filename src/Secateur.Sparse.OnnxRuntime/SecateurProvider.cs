using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Secateur.Sparse;

/// <summary>Secateur's execution provider in this process' ONNX Runtime: nodes with mostly zero constant weights run on sparse kernels.</summary>
public static class SecateurProvider
{
    /// <summary>The provider's name in ONNX Runtime.</summary>
    public const string Name = "SecateurExecutionProvider";

    private static readonly Lazy<OrtEpDevice> Device = new(() => Registered() ?? Register());

    /// <summary>The library that ONNX Runtime registers; with its images it lies where the host looks for this application's native files.</summary>
    /// <exception cref="DllNotFoundException">It is in none of these folders; the message names them.</exception>
    public static string LibraryPath
    {
        get
        {
            var file = OperatingSystem.IsWindows() ? "secateur.dll" : OperatingSystem.IsMacOS() ? "libsecateur.dylib" : "libsecateur.so";
            var folders = Folders().Distinct().ToArray();
            return folders.Select(folder => Path.Join(folder, file)).FirstOrDefault(File.Exists)
                ?? throw new DllNotFoundException($"{file} for {Rid} is in none of {string.Join(", ", folders)}; Secateur.Sparse has it for linux-x64 and linux-arm64, for others build it");
        }
    }

    /// <summary>Lets the provider take what it will of a session's nodes; the library is registered with the first call in a process.</summary>
    /// <param name="options">Of the session.</param>
    /// <param name="settings">The provider's own; all as measured on this machine where null.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="DllNotFoundException">The library is not there; the message names the folders.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime is older than 1.24, or does not take the library; the message says why.</exception>
    public static SessionOptions AppendSecateur(this SessionOptions options, SecateurOptions? settings = null)
    {
        options.AppendExecutionProvider(OrtEnv.Instance(), [Device.Value], (settings ?? new()).ToDictionary());
        return options;
    }

    private static string Rid => $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    private static OrtEpDevice? Registered() => OrtEnv.Instance().GetEpDevices().FirstOrDefault(device => device.EpName == Name);

    private static OrtEpDevice Register()
    {
        OrtEnv.Instance().RegisterExecutionProviderLibrary("secateur", LibraryPath);
        return Registered() ?? throw new PlatformNotSupportedException($"{LibraryPath}: ONNX Runtime tells it of no processor");
    }

    private static IEnumerable<string> Folders()
    {
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string told)
            foreach (var folder in told.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)) yield return Path.TrimEndingDirectorySeparator(folder);
        yield return Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        yield return Path.Join(AppContext.BaseDirectory, "runtimes", Rid, "native");
    }
}
