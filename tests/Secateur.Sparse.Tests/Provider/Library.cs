using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace Secateur.Sparse.Tests.Provider;

/// <summary>The provider as users have it: compiled ahead of time, registered with a stock ONNX Runtime.</summary>
internal static class Library
{
    public const string ProviderName = "SecateurExecutionProvider";

    private static readonly Lazy<string> BuiltPath = new(Build);
    private static readonly Lazy<IReadOnlyDictionary<string, OrtEpDevice>> Registered = new(Register);

    /// <summary>Of the loader; built where it is missing or older than its sources.</summary>
    public static string Path => BuiltPath.Value;

    public static string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>That which the loader chose.</summary>
    public static OrtEpDevice Device => Registered.Value["loader"];

    /// <summary>Of each image that runs here, by its level.</summary>
    public static IReadOnlyDictionary<string, OrtEpDevice> Images => Registered.Value;

    public static string Root
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(System.IO.Path.Join(folder, "Secateur.slnx"))) folder = System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside their repository.");
            return folder;
        }
    }

    private static string Build()
    {
        using var script = Process.Start(new ProcessStartInfo(System.IO.Path.Join(Root, "build/provider.sh")) { RedirectStandardOutput = true })!;
        var path = script.StandardOutput.ReadToEnd().Trim();
        script.WaitForExit();
        return script.ExitCode == 0 ? path : throw new InvalidOperationException("build/provider.sh failed; what it says is above.");
    }

    private static Dictionary<string, OrtEpDevice> Register()
    {
        var runtime = OrtEnv.Instance();
        var devices = new Dictionary<string, OrtEpDevice> { ["loader"] = Added(Path) };
        foreach (var image in new[] { "v4", "v3", "baseline" })
        {
            if (image == "v4" && devices["loader"].EpMetadata.Entries["level"] != "avx512") continue; // it would end the process
            var device = Added(System.IO.Path.Join(Folder, $"libsecateur-{image}.so"));
            devices[device.EpMetadata.Entries["level"]] = device;
        }
        return devices;

        OrtEpDevice Added(string path)
        {
            var before = runtime.GetEpDevices().Count(device => device.EpName == ProviderName);
            runtime.RegisterExecutionProviderLibrary(path, path);
            return runtime.GetEpDevices().Where(device => device.EpName == ProviderName).Skip(before).Single();
        }
    }
}
