using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Secateur.Data;

/// <summary>Text, an example a line: <c>.jsonl</c> with <c>text</c> and perhaps <c>label</c>, or <c>.txt</c> with <c>label TAB text</c>,
/// fastText's <c>__label__x text</c>, or text alone.</summary>
internal sealed class TextFile : Reader
{
    private const string FastText = "__label__";

    /// <summary>A line by its parts: a label is a word, or numbers.</summary>
    private delegate Line Form(string line);

    public override string Reads => "a .jsonl or .txt of text, an example a line";

    public override bool Matches(string path) => Ends(path, ".jsonl", ".txt");

    public override Source Open(string path, DataOptions options, CancellationToken cancel)
    {
        var tokenizer = TextTokenizer.For(options.Tokenizer);
        var lines = LineIndex.Of(path, options.BytesInMemory, cancel);
        var form = path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) ? FormOf(lines, options, cancel) : line => ReadJson(line, options);
        List<string> words = [];
        List<float[]> numbers = [];
        for (var index = 0; index < lines.Count; index++)
        {
            cancel.ThrowIfCancellationRequested();
            var line = Parse(path, form, lines, index);
            if (line.HasLabel != words.Count + numbers.Count > 0 && index > 0)
            {
                var (here, before) = line.HasLabel ? ("a", "none") : ("no", "one");
                throw new SecateurException($"{path}: example {index + 1} has {here} label, the ones before have {before}; label all or none");
            }
            if (line.Label is { } word) words.Add(word);
            else if (line.Numbers is { } several) numbers.Add(several);
        }
        var labels = words.Count + numbers.Count == 0 ? null : numbers.Count == 0 ? Labelling.Of(words, path, options) : OfNumbers(words, numbers, path, options);
        var part = labels?.Part(0, words.Count + numbers.Count);
        return new Source(new TextExamples(lines.Count, index => Parse(path, form, lines, index), tokenizer, options, part, lines), "text", [path])
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

    /// <summary>As many numbers for each, or, where they differ in length or the task is tagging, one for each token of the text.</summary>
    private static Labelling OfNumbers(List<string> words, List<float[]> numbers, string path, DataOptions options)
    {
        if (words.Count > 0) throw new SecateurException($"{path}: has single labels and lists of them; write all in one form");
        if (options.Task != "tagging" && numbers.TrueForAll(row => row.Length == numbers[0].Length)) return Labelling.OfRows(numbers, options);
        return Labelling.OfSequences([.. numbers.Select(row => Array.ConvertAll(row[..Math.Min(row.Length, options.Length)], value => (long)value))], least: options.Length);
    }

    private static Line Parse(string path, Form form, LineIndex lines, long index)
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
        if (options.LabelColumn == LabelNames.None) return line => new(line);
        if (fast) return ReadFastText;
        return tabs ? line => new(line[(line.IndexOf('\t') + 1)..], line[..line.IndexOf('\t')]) : line => new(line);
    }

    private static Line ReadFastText(string line)
    {
        var parts = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        var text = parts.Length > 1 ? parts[1] : "";
        if (text.StartsWith(FastText, StringComparison.Ordinal)) throw new FormatException("has two labels, each example is of one class");
        return new(text, parts[0][FastText.Length..]);
    }

    private static Line ReadJson(string line, DataOptions options)
    {
        using var json = Document(line);
        var root = json.RootElement;
        if (root.ValueKind != JsonValueKind.Object) throw new FormatException("is no object with a string \"text\" or a list \"input_ids\"");
        var read = root.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String ? new Line(text.GetString()!)
            : root.TryGetProperty("input_ids", out var ids) && ids.ValueKind == JsonValueKind.Array ? new Line("") { Tokens = Array.ConvertAll(Numbers(ids), number => (int)number) }
            : throw new FormatException("is no object with a string \"text\" or a list \"input_ids\"");
        if (options.LabelColumn == LabelNames.None) return read;
        if (!root.TryGetProperty(options.LabelColumn ?? "label", out var label) && !(options.LabelColumn is null && root.TryGetProperty("labels", out label)))
            return options.LabelColumn is { } wanted ? throw new FormatException($"has no \"{wanted}\" for the label") : read;
        return label.ValueKind switch
        {
            JsonValueKind.String => read with { Label = label.GetString() },
            JsonValueKind.Number => read with { Label = label.GetRawText() },
            JsonValueKind.True or JsonValueKind.False => read with { Label = label.GetBoolean() ? "1" : "0" },
            JsonValueKind.Array => read with { Numbers = Numbers(label) },
            _ => throw new FormatException("has a label that is neither a string, a number nor a list of numbers"),
        };
    }

    private static float[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(item =>
        item.ValueKind == JsonValueKind.Number && item.TryGetSingle(out var number) && float.IsFinite(number) ? number : throw new FormatException("has a list that is not of numbers"))];

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
