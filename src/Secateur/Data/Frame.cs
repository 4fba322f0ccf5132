using System.Collections.Immutable;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>Some neighbouring values of each row of a frame.</summary>
/// <param name="IsList">Whether the file itself has a list in each row, which is then a feature of its own.</param>
internal sealed record FrameColumn(string Name, int Start, int Width, bool IsList = false);

/// <summary>Rows of float32 values, as a table on disk has them.</summary>
internal abstract class Frame(ImmutableArray<FrameColumn> columns) : IDisposable
{
    public ImmutableArray<FrameColumn> Columns => columns;

    /// <summary>Values of a row.</summary>
    public int Width { get; } = columns.Sum(column => column.Width);

    public abstract long Count { get; }

    /// <param name="indices">Rows, each in [0, Count).</param>
    /// <param name="rows">[indices.Length, Width]</param>
    public abstract void Read(ReadOnlySpan<long> indices, Span<float> rows);

    public virtual void Dispose() { }
}

/// <summary>A frame whose rows are all in memory.</summary>
internal sealed class MemoryFrame : Frame
{
    private readonly Block block;

    public MemoryFrame(Frame source, CancellationToken cancel)
        : base(source.Columns)
    {
        Count = source.Count;
        block = Block.OfSize(Count * Width * sizeof(float));
        var row = new float[Width];
        for (var index = 0L; index < Count; index++)
        {
            cancel.ThrowIfCancellationRequested();
            source.Read([index], row);
            block.Write(index * Width * sizeof(float), MemoryMarshal.AsBytes<float>(row));
        }
    }

    public override long Count { get; }

    public override void Read(ReadOnlySpan<long> indices, Span<float> rows)
    {
        for (var i = 0; i < indices.Length; i++)
            block.Read(indices[i] * Width * sizeof(float), MemoryMarshal.AsBytes(rows.Slice(i * Width, Width)));
    }

    public override void Dispose() => block.Dispose();
}

/// <summary>Examples whose features are columns of a frame, side by side.</summary>
internal sealed class FrameExamples : Examples
{
    private readonly Frame frame;
    private readonly ImmutableArray<(Feature Feature, ImmutableArray<FrameColumn> Columns)> features;
    private readonly (ImmutableArray<long>? Classes, Column? Target)? labels;
    private readonly string name;

    private FrameExamples(Frame frame, (ImmutableArray<long>? Classes, Column? Target)? labels, string name, IEnumerable<(string Feature, ImmutableArray<FrameColumn> Columns)> map)
    {
        (this.frame, this.labels, this.name) = (frame, labels, name);
        features = [.. map.Select(pair => (new Feature(pair.Feature, [pair.Columns.Sum(column => column.Width)], ScalarType.Float32), pair.Columns))];
    }

    public override long Count => frame.Count;

    public override ImmutableArray<Feature> Features => [.. features.Select(pair => pair.Feature)];

    public override ImmutableArray<long>? Labels => labels?.Classes;

    public override Feature? Target => labels?.Target?.Feature ?? base.Target;

    public override Tensor ReadTarget(ReadOnlySpan<long> indices) => labels?.Target?.Read(indices) ?? base.ReadTarget(indices);

    /// <summary>Single numbers together as <c>features</c>, each list as a feature of its own.</summary>
    public static FrameExamples Of(Frame frame, (ImmutableArray<long>? Classes, Column? Target)? labels, string name)
    {
        var lists = frame.Columns.Where(column => column.IsList).Select(column => (column.Name, (ImmutableArray<FrameColumn>)[column]));
        ImmutableArray<FrameColumn> numbers = [.. frame.Columns.Where(column => !column.IsList)];
        return new FrameExamples(frame, labels, name, numbers.IsEmpty ? lists : lists.Prepend(("features", numbers)));
    }

    /// <summary>The same rows with a feature for each of a model's inputs, of the column of its name or those of its name and a number (<c>x.0</c>, <c>x_1</c>); null where one has none.</summary>
    public FrameExamples? WithInputs(IEnumerable<string> inputs)
    {
        Dictionary<string, ImmutableArray<string>> map = [];
        foreach (var input in inputs)
        {
            ImmutableArray<string> own = [.. frame.Columns.Select(column => column.Name).Where(name => name == input
                || (name.StartsWith(input, StringComparison.Ordinal) && name.AsSpan(input.Length) is ['.' or '_', .. var number] && int.TryParse(number, out _)))];
            if (own.IsEmpty) return null;
            map[input] = own;
        }
        return With(map);
    }

    /// <summary>The same rows with features made of named columns.</summary>
    /// <exception cref="SecateurException">A column is not there; the message lists those that are.</exception>
    public FrameExamples With(IReadOnlyDictionary<string, ImmutableArray<string>> map) => new(frame, labels, name,
        map.Select(pair => (pair.Key, pair.Value.Select(wanted => frame.Columns.FirstOrDefault(column => column.Name == wanted) ?? throw new SecateurException(
            $"{name}: has no column '{wanted}' for the input '{pair.Key}'; it has {string.Join(", ", frame.Columns.Select(column => column.Name))}")).ToImmutableArray())));

    public override Dictionary<string, Tensor> Read(ReadOnlySpan<long> indices)
    {
        var rows = new float[indices.Length * frame.Width];
        frame.Read(indices, rows);
        Dictionary<string, Tensor> read = [];
        foreach (var (feature, columns) in features)
        {
            var tensor = empty([indices.Length, .. feature.Shape]);
            read[feature.Name] = tensor;
            if (tensor.numel() == 0) continue;
            var into = MemoryMarshal.Cast<byte, float>(tensor.bytes);
            for (var row = 0; row < indices.Length; row++)
            {
                foreach (var column in columns)
                {
                    rows.AsSpan((row * frame.Width) + column.Start, column.Width).CopyTo(into);
                    into = into[column.Width..];
                }
            }
        }
        return read;
    }

    public override string Describe(long index) => $"{Path.GetFileName(name)} row {index + 1}";

    public override void Dispose()
    {
        frame.Dispose();
        labels?.Target?.Dispose();
    }
}
