using System.Globalization;
using CsCheck;
using Parquet;
using Parquet.Schema;
using Secateur.Data;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class ParquetFileTests
{
    [Fact]
    public void Equals_a_csv_of_the_same_table() =>
        Gen.Select(Gen.Float[-1e6f, 1e6f], Gen.Int[-100, 100], Gen.Int[0, 2]).Array[1, 30].Sample(rows =>
        {
            using var folder = new DataFolder();
            folder.Text("x.csv", "a,b,label\n" + string.Join("\n", rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Item1:R},{row.Item2},c{row.Item3}"))));
            Write(folder.At("x.parquet"), 7, rows.Length, ("a", rows.Select(row => row.Item1).ToArray()), ("b", rows.Select(row => row.Item2).ToArray()), ("label", rows.Select(row => $"c{row.Item3}").ToArray()));
            using var csv = folder.Open("x.csv");
            foreach (var bytes in new[] { 1 << 20, 0 })
            {
                using var parquet = folder.Open("x.parquet", new() { BytesInMemory = bytes });
                Assert.Equal(csv.Whole.Floats("features"), parquet.Whole.Floats("features"));
                Assert.Equal(csv.Whole.Labels!.Value, parquet.Whole.Labels!.Value);
                Assert.Equal(csv.ClassNames, parquet.ClassNames);
                Assert.Equal(csv.HeldOut.Floats("features"), parquet.HeldOut.Floats("features"));
            }
        }, threads: 1, iter: 30);

    [Fact]
    public void A_column_of_lists_is_a_feature_of_its_own()
    {
        using var folder = new DataFolder();
        Write(folder.At("x.parquet"), 2, 3, ("pixels", new float[][] { [1, 2], [3, 4], [5, 6] }), ("size", new double[] { 7, 8, 9 }), ("y", new long[] { 0, 1, 0 }));
        using var data = folder.Open("x.parquet");
        Assert.Equal([1f, 2, 3, 4, 5, 6], data.Whole.Floats("pixels"));
        Assert.Equal([7f, 8, 9], data.Whole.Floats("features"));
        Assert.Equal([0, 1, 0], data.Whole.Labels!.Value);
        using var scope = NewDisposeScope();
        Assert.Equal([5f, 6, 1, 2], data.Whole.Read([2, 0])["pixels"].data<float>().ToArray());
    }

    [Fact]
    public void Words_are_left_out_and_that_is_said()
    {
        using var folder = new DataFolder();
        Write(folder.At("x.parquet"), 9, 3, ("name", new[] { "a", "b", "c" }), ("size", new double[] { 7, 8, 9 }), ("y", new long[] { 0, 1, 0 }));
        using var data = folder.Open("x.parquet");
        Assert.EndsWith("; the label is column 'y'; left out, since no numbers: name", data.Description);
    }

    [Fact]
    public void What_is_wrong_is_named_with_its_place()
    {
        using var folder = new DataFolder();
        Write(folder.At("nan.parquet"), 2, 3, ("a", new[] { 1f, 2, float.NaN }), ("y", new long[] { 0, 1, 0 }));
        Assert.EndsWith("nan.parquet: row 3 has no finite value in column 'a'; fill it in or remove the row", folder.Refusal("nan.parquet"));
        Write(folder.At("null.parquet"), 2, 3, ("a", new float?[] { 1f, null, 2 }), ("y", new long[] { 0, 1, 0 }));
        Assert.EndsWith("null.parquet: row 2 has no finite value in column 'a'; fill it in or remove the row", folder.Refusal("null.parquet"));
        Write(folder.At("ragged.parquet"), 3, 3, ("a", new float[][] { [1, 2], [3], [5, 6] }), ("y", new long[] { 0, 1, 0 }));
        Assert.EndsWith("ragged.parquet: row 2 has a list of 1 in column 'a', others have 2; make all of one length", folder.Refusal("ragged.parquet"));
        File.WriteAllBytes(folder.At("cut.parquet"), File.ReadAllBytes(folder.At("nan.parquet"))[..^20]);
        Assert.Contains("cut.parquet: is no parquet file or is damaged", folder.Refusal("cut.parquet"));
    }

    private static void Write(string path, int groupRows, int count, params (string Name, Array Values)[] columns)
    {
        Field FieldOf(string name, Array values) =>
            values.GetValue(0) is float[]? new ListField(name, new DataField<float>("element")) : new DataField(name, values.GetType().GetElementType()!);
        var schema = new ParquetSchema(columns.Select(column => FieldOf(column.Name, column.Values)));
        using var stream = File.Create(path);
        var writer = ParquetWriter.CreateAsync(schema, stream).GetAwaiter().GetResult();
        for (var start = 0; start < count; start += groupRows)
        {
            var rows = Math.Min(groupRows, count - start);
            using var group = writer.CreateRowGroup();
            foreach (var (field, (_, values)) in schema.DataFields.Zip(columns))
            {
                var task = values switch
                {
                    float[] some => group.WriteAsync<float>(field, some.AsMemory(start, rows)),
                    double[] some => group.WriteAsync<double>(field, some.AsMemory(start, rows)),
                    int[] some => group.WriteAsync<int>(field, some.AsMemory(start, rows)),
                    long[] some => group.WriteAsync<long>(field, some.AsMemory(start, rows)),
                    float?[] some => group.WriteAsync<float>(field, (ReadOnlyMemory<float?>)some.AsMemory(start, rows)),
                    string[] some => group.WriteAsync(field, some[start..(start + rows)]),
                    float[][] some => group.WriteAllPartsAsync<float>(field, some[start..(start + rows)].SelectMany(list => list).ToArray(),
                        some[start..(start + rows)].SelectMany(list => list.Select(_ => field.MaxDefinitionLevel)).ToArray(),
                        some[start..(start + rows)].SelectMany(list => list.Select((_, at) => at == 0 ? 0 : 1)).ToArray(), TestContext.Current.CancellationToken),
                    _ => throw new ArgumentException(values.GetType().Name),
                };
                task.GetAwaiter().GetResult();
            }
        }
        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
