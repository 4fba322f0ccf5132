using System.Collections.Immutable;
using System.Globalization;
using CsvHelper;

namespace Secateur.Data;

/// <summary>What the columns of csv files mean: one is the label, numbers are taken as they are, words become one-hot.</summary>
internal sealed class CsvSchema
{
    private const int MostCategories = 256;
    private static readonly string[] Missing = ["", "na", "n/a", "nan", "null", "none", "?"];

    private readonly CsvReaderOptions form;
    private readonly string[] header;
    private readonly SortedSet<string>?[] words; // per column its different values; null where they are too many
    private readonly string?[] noNumber;         // per column the first value that is no number
    private readonly Dictionary<string, int>?[] categories;
    private readonly int[] labels; // columns, in the order asked for
    private readonly long inMemory;

    /// <summary>Looks at every row of every file.</summary>
    /// <exception cref="SecateurException">A value is missing, a row is ragged, a column unclear; the message names row and column.</exception>
    public CsvSchema(ImmutableArray<string> files, DataOptions options, CancellationToken cancel)
    {
        inMemory = options.BytesInMemory;
        (form, header) = ReadHeader(files[0]);
        labels = options.LabelColumns.Length > 1 ? [.. options.LabelColumns.Select(name => FindLabel(files[0], name))] : FindLabel(files[0], options.LabelColumn) is >= 0 and var only ? [only] : [];
        words = [.. header.Select(_ => new SortedSet<string>(StringComparer.Ordinal))];
        noNumber = new string?[header.Length];
        Files = [.. files.Select(file => Scan(file, cancel))];
        categories = new Dictionary<string, int>?[header.Length];
        var columns = ImmutableArray.CreateBuilder<FrameColumn>();
        for (var (column, start) = (0, 0); column < header.Length; column++)
        {
            if (!IsFeature(column)) continue;
            if (noNumber[column] is { } word)
            {
                if (words[column] is not { } known)
                {
                    throw new SecateurException($"{files[0]}: column '{header[column]}' has words ('{word}') and more than {MostCategories} different values; "
                        + "mend the values that should be numbers, or leave the column out");
                }
                categories[column] = known.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
            }
            columns.Add(new FrameColumn(header[column], start, categories[column]?.Count ?? 1));
            start += columns[^1].Width;
        }
        Columns = columns.ToImmutable();
        if (Columns.IsEmpty) throw new SecateurException($"{files[0]}: has no column but the label; add the columns that a model can learn from");
    }

    public ImmutableArray<FrameColumn> Columns { get; }

    /// <summary>Of each file where its rows lie, and their labels; null where no column is the label.</summary>
    public ImmutableArray<(LineIndex Rows, List<string[]>? Labels)> Files { get; }

    /// <summary>What was decided, for the description.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            if (labels is [var label]) yield return $"the label is column '{header[label]}'";
            else if (labels.Length > 0) yield return $"the labels are columns {string.Join(", ", labels.Select(column => header[column]))}";
            var oneHot = header.Where((_, column) => categories[column] is not null).ToArray();
            if (oneHot.Length > 0) yield return $"one-hot: {string.Join(", ", oneHot)}";
            if (header[0].Length == 0) yield return "the first column has no name and was left out";
        }
    }

    /// <summary>A row's features as numbers.</summary>
    /// <param name="record">UTF-8, a row of a file that was looked at.</param>
    /// <param name="row">As long as all columns together.</param>
    public void Encode(byte[] record, Span<float> row)
    {
        using var reader = CsvReader.Create(record, form);
        reader.Read();
        row.Clear();
        for (var (column, at) = (0, 0); column < header.Length; column++)
        {
            if (!IsFeature(column)) continue;
            if (categories[column] is { } known)
            {
                row[at + known[reader.GetString(column)]] = 1;
                at += known.Count;
            }
            else row[at++] = float.Parse(reader.GetSpan(column), CultureInfo.InvariantCulture);
        }
    }

    /// <summary>What the label columns hold: words of one, numbers of several.</summary>
    public Labelling Labelled(IReadOnlyList<string[]> words, string path, DataOptions options)
    {
        if (labels.Length == 1) return Labelling.Of([.. words.Select(row => row[0])], path, options);
        return Labelling.OfRows([.. words.Select((row, index) => Array.ConvertAll(row, word =>
            float.TryParse(word, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number) ? number
            : throw new SecateurException($"{path}: row {index + 1} after the header has '{word}' as one of several labels; several labels are numbers")))], options);
    }

    private static (CsvReaderOptions Form, string[] Header) ReadHeader(string file)
    {
        using var reader = CsvReader.FromFile(file, new CsvReaderOptions { HasHeader = false, TrimWhitespace = true, MalformedData = CsvMalformedDataHandling.Throw });
        if (!Next(reader, file)) throw new SecateurException($"{file}: is empty; write a header and rows");
        string[] header = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)];
        if (header.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new SecateurException($"{file}: has two columns '{twice.Key}'; give each a name of its own");
        if (Array.TrueForAll(header, name => double.TryParse(name, CultureInfo.InvariantCulture, out _)))
            throw new SecateurException($"{file}: its first row is of numbers; put a row with the columns' names before it");
        return (new CsvReaderOptions { HasHeader = false, TrimWhitespace = true, MalformedData = CsvMalformedDataHandling.Throw, Separator = reader.Separator }, header);
    }

    private static bool Next(CsvReader reader, string file)
    {
        try
        {
            return reader.Read();
        }
        catch (CsvFormatException e)
        {
            throw new SecateurException(
                $"{file}: is no csv at row {reader.RowNumber} ({e.Message.Split('\n')[0].Trim().TrimEnd('.')}); quote the values of its fields as csv asks", e);
        }
    }

    private int FindLabel(string file, string? wanted)
    {
        if (wanted is null) return LabelNames.Find(header) ?? header.Length - 1;
        if (wanted == LabelNames.None) return -1;
        return Array.IndexOf(header, wanted) is >= 0 and var found ? found
            : throw new SecateurException($"{file}: has no column '{wanted}' for the labels; it has {string.Join(", ", header)}");
    }

    private bool IsFeature(int column) => !labels.Contains(column) && (column > 0 || header[0].Length > 0);

    private (LineIndex Rows, List<string[]>? Labels) Scan(string file, CancellationToken cancel)
    {
        var rows = new LineIndex(file, inMemory);
        var found = labels.Length == 0 ? null : new List<string[]>();
        using var reader = CsvReader.FromFile(file, form);
        if (Next(reader, file) && (reader.FieldCount != header.Length || header.Where((name, column) => reader.GetString(column) != name).Any()))
            throw new SecateurException($"{file}: has other columns than the training file; give both the header {string.Join(", ", header)}");
        while (Next(reader, file))
        {
            cancel.ThrowIfCancellationRequested();
            rows.Add(reader.ByteOffset, reader.RawRecord.Length);
            if (reader.FieldCount != header.Length)
                throw new SecateurException($"{file}: row {rows.Count} after the header has {reader.FieldCount} values, the header {header.Length}; mend the row");
            for (var column = 0; column < header.Length; column++)
                if (labels.Contains(column) || IsFeature(column)) See(file, rows.Count, column, reader.GetString(column));
            found?.Add(Array.ConvertAll(labels, reader.GetString));
        }
        return (rows, found);
    }

    private void See(string file, int row, int column, string value)
    {
        if (Missing.Contains(value, StringComparer.OrdinalIgnoreCase))
            throw new SecateurException($"{file}: row {row} after the header has no value in column '{header[column]}'; fill it in or remove the row");
        if (labels.Contains(column)) return;
        if (!float.TryParse(value, CultureInfo.InvariantCulture, out var number)) noNumber[column] ??= value;
        else if (!float.IsFinite(number))
            throw new SecateurException($"{file}: row {row} after the header has {value} in column '{header[column]}'; fill in a finite number or remove the row");
        if (words[column]?.Add(value) is true && words[column]!.Count > MostCategories) words[column] = null;
    }
}
