using System.CommandLine;
using Secateur.Data;
using Secateur.Onnx;

namespace Secateur.Cli;

/// <summary>Which data, and how it is read.</summary>
internal static class DataFlags
{
    public static readonly Option<string?> Data = new("--data")
    {
        HelpName = "D",
        Description = "a .npz, a folder of idx files or of pictures (by class, or without labels), a .csv, .parquet, .jsonl or .txt, or a .yaml that says how to read them",
    };

    private static readonly Option<string?> Tokenizer = new("--tokenizer")
    {
        HelpName = "T",
        Description = "for text: bytes, a BERT vocab.txt, a SentencePiece .model, or a folder with vocab.json and merges.txt",
    };

    private static readonly Option<int?> Length = new("--length")
    {
        HelpName = "N",
        Description = "tokens of a text: longer ones are cut, shorter ones padded",
        CustomParser = Values.Int(1, 1 << 20),
    };

    private static readonly Option<string?> Labels = new("--labels") { HelpName = "COLUMN", Description = "the column or array that holds the classes" };

    private static readonly Option<bool> NoLabels = new("--no-labels") { Description = "leave labels unread: the dense model's answers teach and judge" };

    private static readonly Option<string?> Characters = new("--characters")
    {
        HelpName = "FILE",
        Description = "for texts as labels (task ctc): the model's symbols, one on each line",
    };

    private static readonly Option<string?> Preprocess = new("--preprocess")
    {
        HelpName = "PRESET",
        Description = $"for pictures: {string.Join(", ", Preprocessing.All.Keys.Order())}; assumed from the model's input unless told",
    };

    public static Command WithData(this Command command)
    {
        foreach (var flag in (Option[])[Data, Tokenizer, Length, Labels, NoLabels, Characters, Preprocess]) command.Add(flag);
        return command;
    }

    /// <param name="request">With the flags.</param>
    /// <param name="model">That the data is for: an ONNX file, or an architecture, which takes any.</param>
    /// <param name="seed">Draws the parts that the data does not declare.</param>
    /// <param name="progress">Told what was assumed.</param>
    /// <param name="cancel">Looked at while reading.</param>
    /// <returns>Null where no data is named.</returns>
    public static DataSet? Open(ParseResult request, string model, long seed, IProgress<Progress>? progress, CancellationToken cancel)
    {
        if (request.GetValue(Data) is not { } path) return null;
        var defaults = new DataOptions();
        var data = DataSet.Open(path, defaults with
        {
            Tokenizer = request.GetValue(Tokenizer),
            Length = request.GetValue(Length) ?? defaults.Length,
            LabelColumn = request.GetValue(Labels),
            Task = TaskFlags.Of(request).Task,
            Characters = request.GetValue(Characters),
            ReadLabels = !request.GetValue(NoLabels),
            Preprocessing = request.GetValue(Preprocess) is { } preset ? Preprocessing.Named(preset) : null,
            For = File.Exists(model) ? () => OnnxModel.Load(model).Graph : null,
            Seed = seed,
        }, cancel);
        foreach (var assumed in data.Assumed) progress?.Report(Progress.Note("data", assumed));
        return data;
    }

    public static DataSet Require(ParseResult request, string model, long seed, IProgress<Progress>? progress, CancellationToken cancel) =>
        Open(request, model, seed, progress, cancel) ?? throw new SecateurException($"{request.CommandResult.Command.Name}: no data is named; give --data");
}
