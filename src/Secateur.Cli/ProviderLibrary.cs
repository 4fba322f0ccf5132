using System.Collections.Immutable;
using System.Diagnostics;
using Secateur.Onnx;
using Secateur.Sparse.Loader;
using Secateur.Sparse.Provider;

namespace Secateur.Cli;

/// <summary>The sparse execution provider as a file: built in the repository, or laid beside the program.</summary>
/// <param name="Path">What ONNX Runtime registers.</param>
/// <param name="Version">Of the provider.</param>
/// <param name="OnnxRuntime">The oldest ONNX Runtime that loads it.</param>
/// <param name="InstructionSets">For which there are images, the best ones first.</param>
/// <param name="Level">That which it chooses here.</param>
/// <param name="NodeKinds">Operators that it can claim; those of other domains than ONNX's own begin with it.</param>
internal sealed record ProviderLibrary(string Path, string Version, string OnnxRuntime, ImmutableArray<string> InstructionSets, string Level, ImmutableArray<string> NodeKinds)
{
    private const string File = "libsecateur.so";
    private const int NoLinker = 2; // of build/provider.sh

    /// <summary>Builds it where the repository is at hand and it is missing or older than its sources.</summary>
    /// <param name="error">Gets a line for each file that is compiled.</param>
    /// <param name="cancel">Ends the build.</param>
    /// <exception cref="SecateurException">There is no linker, or no repository and no file.</exception>
    public static async Task<ProviderLibrary> FindAsync(TextWriter error, CancellationToken cancel)
    {
        var path = System.IO.Path.Join(AppContext.BaseDirectory, File);
        if (Script() is { } script) path = await BuildAsync(script, error, cancel);
        else if (!System.IO.File.Exists(path)) throw new SecateurException($"{path} is missing, and so is the repository that builds it; install it there");
        var folder = System.IO.Path.GetDirectoryName(path)!;
        var levels = Secateur.Sparse.Loader.Level.All.Where(level => System.IO.File.Exists(System.IO.Path.Join(folder, level.File))).ToArray();
        return new(path, ProviderFactory.Version, $"1.{Ort.Version}", [.. levels.Select(level => level.Name)],
            Secateur.Sparse.Loader.Level.Supported().First(levels.Contains).Name, Layer.Operators);
    }

    private static async Task<string> BuildAsync(string script, TextWriter error, CancellationToken cancel)
    {
        using var build = Process.Start(new ProcessStartInfo(script) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var ending = cancel.Register(() => build.Kill(entireProcessTree: true));
        List<string> rest = [];
        while (await build.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.StartsWith("secateur: compiling", StringComparison.Ordinal)) await error.WriteLineAsync(line);
            else rest.Add(line);
        }
        var path = await build.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await build.WaitForExitAsync(CancellationToken.None);
        cancel.ThrowIfCancellationRequested();
        if (build.ExitCode == 0) return path.Trim();
        var message = string.Join('\n', rest).Replace("secateur: ", "");
        throw build.ExitCode == NoLinker ? new SecateurException(message) : new InvalidOperationException(message);
    }

    private static string? Script()
    {
        for (var folder = System.IO.Path.GetDirectoryName(AppContext.BaseDirectory); folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
            if (System.IO.Path.Join(folder, "build", "provider.sh") is var script && System.IO.File.Exists(script)) return script;
        return null;
    }
}
