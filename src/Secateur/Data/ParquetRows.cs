using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Secateur.Data;

/// <summary>The columns of a parquet file, read by row groups.</summary>
/// <remarks>The library is asynchronous, but reads a local file without waiting for another thread.</remarks>
internal sealed class ParquetRows(string path, ParquetReader reader) : IDisposable
{
    private readonly ImmutableArray<int> sizes = [.. reader.RowGroups.Select(group => checked((int)group.RowCount))];

    public long Count => sizes.Sum(size => (long)size);

    public int Groups => sizes.Length;

    /// <summary>Rows of a group.</summary>
    public int Size(int group) => sizes[group];

    public (int Group, int Row) Find(long index)
    {
        for (var group = 0; group < sizes.Length; group++)
        {
            if (index < sizes[group]) return (group, (int)index);
            index -= sizes[group];
        }
        throw new ArgumentOutOfRangeException(nameof(index), index, $"The file has {Count} rows.");
    }

    /// <summary>Where each column is in a row; a list is as wide as its first row's.</summary>
    public ImmutableArray<FrameColumn> Columns(ImmutableArray<DataField> fields, CancellationToken cancel)
    {
        var columns = ImmutableArray.CreateBuilder<FrameColumn>();
        var start = 0;
        foreach (var field in fields)
        {
            cancel.ThrowIfCancellationRequested();
            var isList = field.MaxRepetitionLevel > 0;
            columns.Add(new FrameColumn(ParquetFile.Name(field), start, isList && Count > 0 ? Starts(field, Array.FindIndex([.. sizes], size => size > 0))[1] : 1, isList));
            start += columns[^1].Width;
        }
        return columns.ToImmutable();
    }

    /// <summary>Each value of a column as a word; a whole number without a point.</summary>
    public List<string> Words(DataField field, CancellationToken cancel)
    {
        List<string> words = [];
        for (var group = 0; group < sizes.Length; group++)
        {
            cancel.ThrowIfCancellationRequested();
            if (field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>))
            {
                var text = new string?[sizes[group]];
                Try(path, () => Wait(reader.OpenRowGroupReader(group).ReadAsync(field, text.AsMemory()!)));
                for (var row = 0; row < text.Length; row++) words.Add(text[row] ?? throw Missing(field, group, row));
            }
            else
            {
                var values = new float[sizes[group]];
                Fill(field, new FrameColumn(ParquetFile.Name(field), 0, 1), group, values, 1);
                words.AddRange(values.Select(value => value.ToString(CultureInfo.InvariantCulture)));
            }
        }
        return words;
    }

    /// <summary>Puts a column's values of a row group into its place of each row.</summary>
    /// <param name="rows">[rows of the group, width]</param>
    /// <exception cref="SecateurException">A value is missing, or a list is of another length; the message names row and column.</exception>
    public void Fill(DataField field, FrameColumn column, int group, float[] rows, int width)
    {
        var values = Values(field, group);
        var starts = column.IsList ? Starts(field, group) : null;
        for (var row = 0; row < sizes[group]; row++)
        {
            var (start, length) = starts is null ? (row, 1) : (starts[row], starts[row + 1] - starts[row]);
            if (length != column.Width)
                throw new SecateurException($"{path}: row {Row(group, row)} has a list of {length} in column '{column.Name}', others have {column.Width}; make all of one length");
            for (var i = 0; i < length; i++)
            {
                if (!float.IsFinite(values[start + i])) throw Missing(field, group, row);
                rows[(row * width) + column.Start + i] = values[start + i];
            }
        }
    }

    public void Dispose() => reader.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>What the library throws on a damaged file is of no one kind.</summary>
    internal static T Try<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (SecateurException or OperationCanceledException or OutOfMemoryException))
        {
            throw new SecateurException($"{path}: is no parquet file or is damaged ({e.Message.Split('\n')[0].TrimEnd('.')}); copy it again or write it again", e);
        }
    }

    private static bool Wait(ValueTask task)
    {
        task.AsTask().GetAwaiter().GetResult();
        return true;
    }

    /// <summary>All values of a row group, one after the other; NaN where one is missing.</summary>
    private float[] Values(DataField field, int group) => Try(path, () =>
    {
        using var data = Raw(field, group);
        var values = data switch
        {
            RawColumnData<bool> { Values: var bits } => Array.ConvertAll(bits.ToArray(), bit => bit ? 1f : 0f),
            RawColumnData<sbyte> { Values: var numbers } => Convert(numbers),
            RawColumnData<byte> { Values: var numbers } => Convert(numbers),
            RawColumnData<short> { Values: var numbers } => Convert(numbers),
            RawColumnData<ushort> { Values: var numbers } => Convert(numbers),
            RawColumnData<int> { Values: var numbers } => Convert(numbers),
            RawColumnData<uint> { Values: var numbers } => Convert(numbers),
            RawColumnData<long> { Values: var numbers } => Convert(numbers),
            RawColumnData<ulong> { Values: var numbers } => Convert(numbers),
            RawColumnData<float> { Values: var numbers } => Convert(numbers),
            RawColumnData<double> { Values: var numbers } => Convert(numbers),
            RawColumnData<decimal> { Values: var numbers } => Convert(numbers),
            _ => throw new SecateurException($"{path}: column '{ParquetFile.Name(field)}' is of type {field.ClrType.Name}, which is no number; name another column"),
        };
        if (field.MaxDefinitionLevel == 0) return values;
        var (all, next) = (new float[data.DefinitionLevels.Length], 0);
        for (var i = 0; i < all.Length; i++) all[i] = data.DefinitionLevels[i] == field.MaxDefinitionLevel ? values[next++] : float.NaN;
        return all;
    });

    /// <summary>Where each row's list begins among the values, and where the last one ends.</summary>
    private int[] Starts(DataField field, int group) => Try(path, () =>
    {
        using var data = Raw(field, group);
        var levels = data.RepetitionLevels;
        List<int> starts = [];
        for (var i = 0; i < levels.Length; i++)
            if (levels[i] == 0) starts.Add(i);
        return (int[])[.. starts, levels.Length];
    });

    private RawColumnData Raw(DataField field, int group) => reader.OpenRowGroupReader(group).ReadRawColumnDataBaseAsync(field).AsTask().GetAwaiter().GetResult();

    private static float[] Convert<T>(ReadOnlySpan<T> numbers) where T : INumberBase<T>
    {
        var converted = new float[numbers.Length];
        for (var i = 0; i < converted.Length; i++) converted[i] = float.CreateSaturating(numbers[i]);
        return converted;
    }

    private long Row(int group, int row) => sizes.Take(group).Sum(size => (long)size) + row + 1;

    private SecateurException Missing(DataField field, int group, int row) =>
        new($"{path}: row {Row(group, row)} has no finite value in column '{ParquetFile.Name(field)}'; fill it in or remove the row");
}
