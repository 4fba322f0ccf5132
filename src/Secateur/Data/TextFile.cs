using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Secateur.Data;

/// <summary>Text, an example a line: <c>.jsonl</c> with <c>text</c> and perhaps <c>label</c>, or <c>.txt</c> with <c>label TAB text</c>,
/// fastText's <c>__label__x text</c>, or text alone.</summary>
internal sealed class TextFile : Reader
{
    private const string FastText = "__label__";

    /// <summary>A line by its parts.</summary>
    private delegate (string? Label, string Text) Form(string line);

    public override string Reads => "a .jsonl or .txt of text, an example a line";

    public override bool Matches(string path) => Ends(path, ".jsonl", ".txt");

    public override Source Open(string path, DataOptions options, CancellationToken cancel)
    {
        var tokenizer = TextTokenizer.For(options.Tokenizer);
        var lines = LineIndex.Of(path, options.BytesInMemory, cancel);
        var form = path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) ? FormOf(lines, options, cancel) : line => ReadJson(line, options);
        List<string> words = [];
        for (var index = 0; index < lines.Count; index++)
        {
            cancel.ThrowIfCancellationRequested();
            var (label, _) = Parse(path, form, lines, index);
            if ((label is null) != (words.Count == 0) && index > 0)
            {
                var (here, before) = label is null ? ("no", "one") : ("a", "none");
                throw new SecateurException($"{path}: example {index + 1} has {here} label, the ones before have {before}; label all or none");
            }
            if (label is not null) words.Add(label);
        }
        var labels = words.Count == 0 ? null : Labels.Of(words, path);
        return new Source(new TextExamples(lines.Count, index => Parse(path, form, lines, index).Text, tokenizer, options, labels?.Values, lines), "text", [path])
        {
            ClassNames = labels?.Names ?? [],
            Vocabulary = tokenizer.Vocabulary,
            Notes =
            [
                options.Tokenizer is { } name
                    ? $"texts of {options.Length} tokens by {Path.GetFileName(Path.TrimEndingDirectorySeparator(name))}"
                    : $"texts of {options.Length} bytes, since no tokenizer was given",
            ],
        };
    }

    private static (string? Label, string Text) Parse(string path, Form form, LineIndex lines, long index)
    {
        try
        {
            return form(Encoding.UTF8.GetString(lines[index]));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new SecateurException($"{path}: example {index + 1} {e.Message}; mend the line", e);
        }
    }

    /// <summary>A .txt has labels if every line has one.</summary>
    private static Form FormOf(LineIndex lines, DataOptions options, CancellationToken cancel)
    {
        var (fast, tabs) = (lines.Count > 0, lines.Count > 0);
        for (var index = 0; index < lines.Count && (fast || tabs); index++)
        {
            cancel.ThrowIfCancellationRequested();
            var line = lines[index].AsSpan();
            fast &= line.StartsWith(Encoding.UTF8.GetBytes(FastText));
            tabs &= line.IndexOf((byte)'\t') > 0;
        }
        if (options.LabelColumn == LabelNames.None) return line => (null, line);
        if (fast) return ReadFastText;
        return tabs ? line => (line[..line.IndexOf('\t')], line[(line.IndexOf('\t') + 1)..]) : line => (null, line);
    }

    private static (string? Label, string Text) ReadFastText(string line)
    {
        var parts = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        var text = parts.Length > 1 ? parts[1] : "";
        if (text.StartsWith(FastText, StringComparison.Ordinal)) throw new FormatException("has two labels, each example is of one class");
        return (parts[0][FastText.Length..], text);
    }

    private static (string? Label, string Text) ReadJson(string line, DataOptions options)
    {
        using var json = Document(line);
        if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String)
            throw new FormatException("is no object with a string \"text\"");
        if (options.LabelColumn == LabelNames.None) return (null, text.GetString()!);
        if (!json.RootElement.TryGetProperty(options.LabelColumn ?? "label", out var label))
            return options.LabelColumn is { } wanted ? throw new FormatException($"has no \"{wanted}\" for the label") : (null, text.GetString()!);
        return label.ValueKind switch
        {
            JsonValueKind.String => (label.GetString(), text.GetString()!),
            JsonValueKind.Number => (label.GetRawText(), text.GetString()!),
            JsonValueKind.True or JsonValueKind.False => (label.GetBoolean() ? "1" : "0", text.GetString()!),
            _ => throw new FormatException("has a label that is neither a string nor a number"),
        };
    }

    private static JsonDocument Document(string line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            throw new FormatException("is no JSON");
        }
    }
}
