using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>A <c>.csv</c> with a header: one column is the label, all others together are the feature <c>features</c>.</summary>
internal sealed class CsvFile : Reader
{
    public override string Reads => "a .csv with a header";

    public override bool Matches(string path) => Ends(path, ".csv");

    public override Source Open(string path, DataOptions options, CancellationToken cancel)
    {
        ImmutableArray<string> files = options.TestPath is { } other && Matches(other) ? [path, other] : [path];
        var schema = new CsvSchema(files, options, cancel);
        var words = schema.Files[0].Labels;
        var labels = words is null ? null : schema.Labelled([.. schema.Files.SelectMany(file => file.Labels!)], path, options);
        FrameExamples Part(int file, (ImmutableArray<long>? Classes, Column? Target)? values)
        {
            var frame = new CsvFrame(schema, schema.Files[file].Rows);
            if (frame.Count * frame.Width * sizeof(float) > options.BytesInMemory) return FrameExamples.Of(frame, values, files[file]);
            using (frame) return FrameExamples.Of(new MemoryFrame(frame, cancel), values, files[file]);
        }
        return new Source(Part(0, labels?.Part(0, words!.Count)), "csv", files)
        {
            Test = files.Length == 1 ? null : Part(1, labels?.Part(words!.Count, schema.Files[1].Labels!.Count)),
            ClassNames = labels?.Names ?? [],
            Notes = [.. schema.Notes],
        };
    }
}

/// <summary>A csv whose rows are parsed as they are asked for.</summary>
internal sealed class CsvFrame(CsvSchema schema, LineIndex rows) : Frame(schema.Columns)
{
    public override long Count => rows.Count;

    public override void Read(ReadOnlySpan<long> indices, Span<float> into)
    {
        for (var i = 0; i < indices.Length; i++) schema.Encode(rows[indices[i]], into.Slice(i * Width, Width));
    }

    public override void Dispose() => rows.Dispose();
}
