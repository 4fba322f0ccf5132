using System.Collections.Immutable;
using System.Globalization;

namespace Secateur.Data;

/// <summary>Data by its parts. The training part teaches, the held-out part decides, the test part is only reported.</summary>
public sealed class DataSet : IDisposable
{
    public required Examples Train { get; init; }

    /// <summary>Taken from the training data; decides between candidates.</summary>
    public required Examples HeldOut { get; init; }

    public required Examples Test { get; init; }

    /// <summary>All examples that the source has, in its order; the test part alone where the source declares one.</summary>
    public required Examples Whole { get; init; }

    /// <summary>Whether the source itself says which examples are the test; otherwise a part was drawn by the seed.</summary>
    public required bool DeclaresTest { get; init; }

    /// <summary>By class number; empty where there are no labels.</summary>
    public ImmutableArray<string> ClassNames { get; init; } = [];

    /// <summary>Token numbers are in [0, Vocabulary); 0 for data that is no text.</summary>
    public int Vocabulary { get; init; }

    /// <summary>The task that the data asks for, a key of <see cref="Tasks.Task.All"/>, or null.</summary>
    public string? Task { get; init; }

    /// <summary>The loss that the data asks for (<c>cross-entropy</c>, <c>distillation</c>), or null.</summary>
    public string? Loss { get; init; }

    /// <summary>The metric that the data asks for, a key of <see cref="Evaluation.Metric.All"/>, or null.</summary>
    public string? Metric { get; init; }

    /// <summary>What was opened; empty for data made in memory. Messages start with it.</summary>
    public string Path { get; init; } = "";

    /// <summary>One line for the report: what was read, and which part is which.</summary>
    public required string Description { get; init; }

    /// <summary>What was assumed about the data since nothing was told, for people.</summary>
    public ImmutableArray<string> Assumed { get; init; } = [];

    /// <summary>SHA-256 of what was read, in hexadecimal.</summary>
    public required string Fingerprint { get; init; }

    private ImmutableArray<IDisposable> Owned { get; init; } = [];

    /// <summary>Reads data of any form in <see cref="Reader.All"/> and takes its parts.</summary>
    /// <exception cref="SecateurException">Nothing is there, it is damaged, or unclear; the message names the file and the mend.</exception>
    public static DataSet Open(string path, DataOptions options, CancellationToken cancel)
    {
        if (options.Length < 1) throw new SecateurException($"a text length of {options.Length} tokens holds nothing; give at least 1");
        try
        {
            if (options.Characters is { } characters) options = options with { Symbols = Symbols.Open(characters) };
            var source = Reader.For(path).Open(path, options, cancel);
            if (source.Train is FrameExamples table && options.For?.Invoke() is { Inputs.Length: > 1 } graph && table.WithInputs(graph.Inputs.Select(input => input.Name)) is { } split)
                source = source with { Train = split, Test = (source.Test as FrameExamples)?.WithInputs(graph.Inputs.Select(input => input.Name)) };
            if (!options.ReadLabels) source = Unlabelled.Of(source);
            return Of(source, path, Data.Fingerprint.Of(source.Files, source.Root, cancel), options);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SecateurException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); check the file and its permissions", e);
        }
    }

    /// <summary>Takes the parts of examples that are already there, such as a reader of one's own.</summary>
    /// <param name="examples">All, or those for training where <paramref name="test"/> is given. The data set owns and disposes both.</param>
    /// <param name="test">The declared test part.</param>
    /// <param name="fingerprint">Whatever tells this data from other data.</param>
    /// <param name="options">Shares and seed are used.</param>
    public static DataSet Of(Examples examples, Examples? test, string fingerprint, DataOptions options)
    {
        var classes = (examples.Labels ?? []).Concat(test?.Labels ?? []).ToImmutableArray();
        var names = Labels.Of(classes, "the data").Names;
        return Of(new Source(examples, "in memory", []) { Test = test, ClassNames = names }, "", fingerprint, options);
    }

    public void Dispose()
    {
        foreach (var owned in Owned) owned.Dispose();
        Train.Dispose();
        HeldOut.Dispose();
        Test.Dispose();
        Whole.Dispose();
    }

    private static DataSet Of(Source source, string path, string fingerprint, DataOptions options)
    {
        var declared = source.Test;
        if (source.Train.Count == 0) throw new SecateurException($"{path}: holds no examples; check how the data was written");
        var split = Split.Draw(source.Train.Count, declared is null, options with { HeldOutShare = source.HeldOutShare ?? options.HeldOutShare });
        var test = declared ?? new Subset(source.Train, split.Test);
        var name = path.Length == 0 ? "data" : System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
        var parts = string.Create(CultureInfo.InvariantCulture,
            $"{name} ({source.Kind}): {split.Train.Length:N0} train, {split.HeldOut.Length:N0} held out of them to decide, {test.Count:N0} test ")
            + (declared is null ? $"drawn by seed {options.Seed}" : "as the data declares");
        return new DataSet
        {
            Train = new Subset(source.Train, split.Train),
            HeldOut = new Subset(source.Train, split.HeldOut),
            Test = test,
            Whole = declared ?? source.Train,
            DeclaresTest = declared is not null,
            ClassNames = source.ClassNames,
            Vocabulary = source.Vocabulary,
            Task = source.Task,
            Loss = source.Loss,
            Metric = source.Metric,
            Path = path,
            Assumed = source.Assumed,
            Description = string.Join("; ", [parts, .. source.Notes, .. source.Assumed]),
            Fingerprint = fingerprint,
            Owned = declared is null ? [source.Train] : [source.Train, declared],
        };
    }
}
