using System.Collections.Immutable;
using System.CommandLine;
using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Onnx.Packing;
using Spectre.Console;

namespace Secateur.Cli;

internal static class UnpackCommand
{
    private static readonly Argument<string> Source = new("PACKED") { Description = $"a {PackedModel.Extension} file that pack has written, or an .onnx file that pack --provider has" };

    private static readonly Option<string> Target = new("--output", "-o")
    {
        HelpName = "OUT.onnx",
        Required = true,
        Description = "the ONNX file to write; where the model had external data, that is written beside it under its own names",
    };

    public static Command Create()
    {
        var command = new Command("unpack", "Give back the model that was packed.") { Source, Target };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult request, CancellationToken cancel)
    {
        var (path, target) = (request.GetRequiredValue(Source), request.GetRequiredValue(Target));
        if (Path.GetFullPath(path) == Path.GetFullPath(target)) throw new SecateurException($"unpack: -o '{target}' is the packed file itself; name an .onnx file");
        Output.Probe(request);
        var threads = GlobalOptions.UseThreads(request) is > 0 and var told ? told : Environment.ProcessorCount;
        var files = await Watch.RunAsync(request, progress => ProviderModel.Is(path)
            ? [.. ProviderModel.Unpack(path, target).Reverse().Select(file => new PackedFile(Path.GetFileName(file), new FileInfo(file).Length, ModelFile.Hash([file])))]
            : PackedModel.Unpack(path, target, threads, progress.Of("unpacking"), cancel), cancel);
        var unpacked = new Unpacked(path, new FileInfo(path).Length, target, files);
        Output.Write(request, unpacked, console => Show(unpacked, console));
    }

    private static void Show(Unpacked unpacked, IAnsiConsole console)
    {
        var table = Output.Table(console, "file", ">bytes", "SHA-256");
        var folder = Path.GetDirectoryName(unpacked.Output) ?? "";
        foreach (var (index, file) in unpacked.Files.Index())
            table.Row(index == unpacked.Files.Length - 1 ? unpacked.Output : Path.Combine(folder, file.Name), Figures.Count(file.Bytes), file.Sha256);
        console.Write(table);
    }

    /// <summary>What <c>unpack</c> writes.</summary>
    /// <param name="InputBytes">Of the packed file.</param>
    /// <param name="Files">What was given back, the model last, by the names that they had.</param>
    private sealed record Unpacked(string Input, long InputBytes, string Output, ImmutableArray<PackedFile> Files);
}
