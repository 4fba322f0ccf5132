using System.Collections.Immutable;
using Parquet;
using Parquet.Schema;

namespace Secateur.Data;

/// <summary>A <c>.parquet</c>: one column is the label, numbers together are the feature <c>features</c>, each column of lists of numbers
/// is a feature of its own.</summary>
internal sealed class ParquetFile : Reader
{
    private static readonly HashSet<Type> Numbers = [typeof(bool), typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long),
        typeof(ulong), typeof(float), typeof(double), typeof(decimal)];

    public override string Reads => "a .parquet";

    public override bool Matches(string path) => Ends(path, ".parquet");

    public override Source Open(string path, DataOptions options, CancellationToken cancel)
    {
        var reader = ParquetRows.Try(path, () => ParquetReader.CreateAsync(path, cancellationToken: cancel).GetAwaiter().GetResult());
        ImmutableArray<DataField> fields = [.. reader.Schema.DataFields.Where(field => field.MaxRepetitionLevel <= 1)];
        var names = fields.Select(Name).ToArray();
        var label = options.LabelColumn switch
        {
            null => LabelNames.Find(names) ?? names.Length - 1,
            LabelNames.None => -1,
            var wanted => Array.IndexOf(names, wanted) is >= 0 and var found ? found
                : throw new SecateurException($"{path}: has no column '{wanted}' for the labels; it has {string.Join(", ", names)}"),
        };
        var rows = new ParquetRows(path, reader);
        var labels = label < 0 ? null : Labelling.Of(rows.Words(fields[label], cancel), path, options);
        ImmutableArray<DataField> features = [.. fields.Where((field, column) => column != label && Numbers.Contains(field.ClrType))];
        if (features.IsEmpty) throw new SecateurException($"{path}: has no column of numbers but the label; add the columns that a model can learn from");
        var leftOut = reader.Schema.DataFields.Select(Name).Except(features.Select(Name)).Where(name => label < 0 || name != names[label]).ToArray();

        var frame = new ParquetFrame(rows, features, options, cancel);
        frame.Check(cancel);
        return new Source(FrameExamples.Of(frame, labels?.Part(0, checked((int)frame.Count)), path), "parquet", [path])
        {
            ClassNames = labels?.Names ?? [],
            Notes =
            [
                .. label < 0 ? Array.Empty<string>() : [$"the label is column '{names[label]}'"],
                .. leftOut.Length == 0 ? Array.Empty<string>() : [$"left out, since no numbers: {string.Join(", ", leftOut)}"],
            ],
        };
    }

    internal static string Name(DataField field) => field.Path.FirstPart!;
}

/// <summary>A parquet of numbers, of which as many row groups are kept decoded as may be in memory.</summary>
internal sealed class ParquetFrame(ParquetRows rows, ImmutableArray<DataField> fields, DataOptions options, CancellationToken cancel)
    : Frame(rows.Columns(fields, cancel))
{
    private readonly Dictionary<int, float[]> decoded = [];
    private readonly Queue<int> order = [];
    private readonly Lock gate = new();

    public override long Count => rows.Count;

    public override void Read(ReadOnlySpan<long> indices, Span<float> into)
    {
        // by row group, so that each is decoded once a batch
        var sorted = indices.ToArray().Index().OrderBy(pair => pair.Item);
        lock (gate)
        {
            foreach (var (place, index) in sorted)
            {
                var (group, row) = rows.Find(index);
                Decode(group).AsSpan(row * Width, Width).CopyTo(into[(place * Width)..]);
            }
        }
    }

    /// <summary>Looks at every row, so that what is missing is known before the work begins.</summary>
    public void Check(CancellationToken stop)
    {
        for (var group = 0; group < rows.Groups; group++)
        {
            stop.ThrowIfCancellationRequested();
            Decode(group);
        }
    }

    public override void Dispose() => rows.Dispose();

    private float[] Decode(int group)
    {
        if (decoded.TryGetValue(group, out var known)) return known;
        while (order.Count > 0 && (decoded.Values.Sum(values => (long)values.Length) + ((long)rows.Size(group) * Width)) * sizeof(float) > options.BytesInMemory)
            decoded.Remove(order.Dequeue());
        var values = new float[rows.Size(group) * Width];
        foreach (var (field, column) in fields.Zip(Columns)) rows.Fill(field, column, group, values, Width);
        order.Enqueue(group);
        return decoded[group] = values;
    }
}
