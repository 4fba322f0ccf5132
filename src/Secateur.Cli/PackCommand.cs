using System.Collections.Immutable;
using System.CommandLine;
using Secateur.Evaluation;
using Secateur.Onnx;
using Secateur.Onnx.Packing;
using Spectre.Console;

namespace Secateur.Cli;

internal static class PackCommand
{
    private const int MostReasons = 5;

    private static readonly Argument<string> Model = new("MODEL") { Description = "the ONNX file to pack; its external data is packed with it" };

    private static readonly Option<string> Target = new("--output", "-o")
    {
        HelpName = "OUT",
        Required = true,
        Description = "OUT.onnx: one ONNX file with sparse tensors where they are smaller, which any ONNX Runtime opens; OUT.secz: much smaller, for unpack, which gives back the same bytes",
    };

    private static readonly Option<bool> Provider = new("--provider")
    {
        Description = "OUT.onnx with sparse weights, of float32, int8 or uint8, as the sparse execution provider reads them: smaller, and opened in less time and memory; nothing else runs it, and unpack gives back the weights bit for bit",
    };

    private static readonly Option<double?> Threshold = new("--threshold")
    {
        HelpName = "X",
        CustomParser = Values.Fraction(whole: true),
        Description = $"with --provider: pack the weights of which at least so many are zero, or of integers their zero point: 0.9 or 90%; {Figures.Number(ProviderModel.LeastZeros)} unless told",
    };

    public static Command Create()
    {
        var command = new Command("pack", "Store a pruned model in fewer bytes.") { Model, Target, Provider, Threshold };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task RunAsync(ParseResult request, CancellationToken cancel)
    {
        var (path, target) = (request.GetRequiredValue(Model), request.GetRequiredValue(Target));
        var isContainer = Path.GetExtension(target).ToLowerInvariant() switch
        {
            PackedModel.Extension => true,
            ".onnx" => false,
            _ => throw new SecateurException($"pack: -o '{target}' is of no kind that can be written; name it .onnx or {PackedModel.Extension}"),
        };
        var forProvider = request.GetValue(Provider);
        if (isContainer && forProvider) throw new SecateurException($"pack: --provider writes an ONNX file, and -o '{target}' is a container; name it .onnx");
        if (request.GetValue(Threshold) is not null && !forProvider) throw new SecateurException("pack: --threshold is of --provider; name that too");
        var threshold = request.GetValue(Threshold) ?? ProviderModel.LeastZeros;
        AtomicFile.Probe(target);
        Output.Probe(request);
        var threads = GlobalOptions.UseThreads(request) is > 0 and var told ? told : Environment.ProcessorCount;
        var packed = await Watch.RunAsync(request, progress => isContainer ? Container(path, target, threads, progress, cancel)
            : forProvider ? ForProvider(path, target, threshold, cancel) : Sparse(path, target, cancel), cancel);
        Output.Write(request, packed, console => Show(packed, console));
    }

    private static Packed Container(string path, string target, int threads, IProgress<Progress> progress, CancellationToken cancel)
    {
        var files = PackedModel.Pack(path, target, threads, progress.Of("packing"), cancel);
        return new("secz", path, files.Sum(file => file.Bytes), target, new FileInfo(target).Length, ModelFile.Hash([target]), files, []);
    }

    private static Packed Sparse(string path, string target, CancellationToken cancel)
    {
        var (before, tensors) = SparseModel.Pack(path, target, cancel);
        return new("onnx", path, before, target, new FileInfo(target).Length, ModelFile.Hash([target]), [], tensors);
    }

    private static Packed ForProvider(string path, string target, double threshold, CancellationToken cancel)
    {
        var (before, tensors, left) = ProviderModel.Pack(path, target, cancel, threshold);
        return new("provider", path, before, target, new FileInfo(target).Length, ModelFile.Hash([target]), [], tensors) { Threshold = threshold, Left = left };
    }

    private static void Show(Packed packed, IAnsiConsole console)
    {
        console.WriteLine($"{packed.Output}: {Figures.Count(packed.Bytes)} bytes, {Figures.Percent((double)packed.Bytes / packed.InputBytes)} of {Figures.Count(packed.InputBytes)}");
        if (packed.Format == "onnx" && packed.Tensors.IsEmpty)
            console.WriteLine($"no tensor has so many zeros that it is smaller as a sparse one; {PackedModel.Extension} packs any model");
        foreach (var line in Reasons(packed)) console.WriteLine(line);
        if (packed.Files.Length + packed.Tensors.Length == 0) return;
        console.WriteLine();
        var table = packed.Format != "secz" ? Output.Table(console, "sparse tensor", ">shape", ">nonzero", ">bytes", ">packed") : Output.Table(console, "file", ">bytes", "SHA-256");
        foreach (var tensor in packed.Tensors)
            table.Row(tensor.Name, Figures.Shape(tensor.Shape), Figures.Count(tensor.Nonzero), Figures.Count(tensor.DenseBytes), Figures.Count(tensor.Bytes));
        foreach (var file in packed.Files) table.Row(file.Name, Figures.Count(file.Bytes), file.Sha256);
        console.Write(table);
    }

    /// <summary>Why the provider gets no weight packed, or which sparse ones it does not get.</summary>
    private static IEnumerable<string> Reasons(Packed packed)
    {
        if (packed.Threshold is not { } threshold) yield break;
        var dense = packed.Left.Where(weight => weight.Objection is null).MaxBy(weight => weight.Zeros);
        var sparse = packed.Left.Where(weight => weight.Objection is not null && weight.Zeros >= threshold).OrderByDescending(weight => weight.Shape.Aggregate(1L, (product, size) => product * size)).ToArray();
        if (packed.Tensors.IsEmpty && dense is not null)
            yield return $"no weight that the provider multiplies by has {Figures.Percent(threshold)} zeros: '{dense.Name}' has most, {Figures.Percent(dense.Zeros)}; {PackedModel.Extension} packs any model";
        else if (packed.Tensors.IsEmpty)
            yield return $"the model has no weight of {Figures.Count(ProviderModel.LeastElements)} elements that can be packed for the provider; {PackedModel.Extension} packs any model";
        foreach (var weight in sparse.Take(MostReasons))
            yield return $"not packed: '{weight.Name}', {Figures.Shape(weight.Shape)} with {Figures.Percent(weight.Zeros)} zeros, {weight.Objection}";
        if (sparse.Length > MostReasons) yield return $"and {Figures.Count(sparse.Length - MostReasons)} more, all smaller; --json names them";
    }

    /// <summary>What <c>pack</c> writes.</summary>
    /// <param name="Format"><c>onnx</c>, <c>provider</c> or <c>secz</c>.</param>
    /// <param name="InputBytes">Of the model and its external data.</param>
    /// <param name="Files">In a container: what unpack gives back, the model last.</param>
    /// <param name="Tensors">In an ONNX file: those that are sparse now.</param>
    private sealed record Packed(
        string Format, string Input, long InputBytes, string Output, long Bytes, string Sha256, ImmutableArray<PackedFile> Files, ImmutableArray<SparseFacts> Tensors)
    {
        /// <summary>For the provider: the least share of zeros of a weight that is packed.</summary>
        public double? Threshold { get; init; }

        /// <summary>For the provider: weights that are not packed.</summary>
        public ImmutableArray<DenseFacts> Left { get; init; } = [];
    }
}
