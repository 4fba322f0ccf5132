using System.Globalization;
using CsCheck;
using Secateur.Data;

namespace Secateur.Tests.Data;

public sealed class CsvFileTests
{
    [Fact]
    public void Numbers_become_one_feature_and_words_one_hot()
    {
        using var folder = new DataFolder();
        folder.Text("x.csv", "\uFEFFage,colour,size,label\n1.5,red,3,yes\n-2e1,blue,4,no\n0,red,5,yes\n");
        using var data = folder.Open("x.csv");
        Assert.Equal([1.5f, 0, 1, 3, -20, 1, 0, 4, 0, 0, 1, 5], data.Whole.Floats("features"));
        Assert.Equal(["no", "yes"], data.ClassNames);
        Assert.Equal([1, 0, 1], data.Whole.Labels!.Value);
        Assert.EndsWith("drawn by seed 1; the label is column 'label'; one-hot: colour", data.Description);
    }

    [Fact]
    public void Streamed_equals_in_memory() =>
        Gen.Select(Gen.Float[-1e6f, 1e6f], Gen.Int[0, 3].Select(i => new[] { "a", "b \"q\"", "c,\nd", "é;" }[i]), Gen.Int[0, 3]).Array[1, 30].Sample(rows =>
        {
            using var folder = new DataFolder();
            folder.Text("x.csv", "v,w,y\r\n\r\n" + string.Join("\r\n", rows.Select(row =>
                string.Create(CultureInfo.InvariantCulture, $"{row.Item1:R},\"{row.Item2.Replace("\"", "\"\"")}\",{row.Item3}"))));
            using var inMemory = folder.Open("x.csv");
            using var streamed = folder.Open("x.csv", new() { BytesInMemory = 0 });
            Assert.Equal(rows.Length, inMemory.Whole.Count);
            Assert.Equal(rows.Select(row => row.Item1), inMemory.Whole.Floats("features").Chunk(inMemory.Whole.Floats("features").Length / rows.Length).Select(row => row[0]));
            Assert.Equal(inMemory.Whole.Floats("features"), streamed.Whole.Floats("features"));
            Assert.Equal(rows.Select(row => (long)row.Item3), streamed.Whole.Labels!.Value);
        }, threads: 1, iter: 40);

    [Theory]
    [InlineData("Target,a\n1,2", 1L)]
    [InlineData("a;b\n2;1", 1L)]
    [InlineData(",a,y\n0,5,1", 1L)]
    public void The_label_is_found_by_name_or_is_the_last(string text, long label)
    {
        using var folder = new DataFolder();
        folder.Text("x.csv", text);
        using var data = folder.Open("x.csv");
        Assert.Equal([label], data.Whole.Labels!.Value);
        Assert.Single(data.Whole.Floats("features"));
    }

    [Fact]
    public void Without_labels_all_columns_are_features()
    {
        using var folder = new DataFolder();
        folder.Text("x.csv", "a,b\n1,2\n3,4\n");
        using var data = folder.Open("x.csv", new() { LabelColumn = "none" });
        Assert.Equal([1f, 2, 3, 4], data.Whole.Floats("features"));
        Assert.Null(data.Whole.Labels);
    }

    [Theory]
    [InlineData("a,y\n1,0\n,1\n", "x.csv: row 2 after the header has no value in column 'a'; fill it in or remove the row")]
    [InlineData("a,y\n1,NA\n", "x.csv: row 1 after the header has no value in column 'y'; fill it in or remove the row")]
    [InlineData("a,y\nInfinity,1\n", "x.csv: row 1 after the header has Infinity in column 'a'; fill in a finite number or remove the row")]
    [InlineData("a,y\n1,0\n1\n", "x.csv: row 2 after the header has 1 values, the header 2; mend the row")]
    [InlineData("a,a\n1,0\n", "x.csv: has two columns 'a'; give each a name of its own")]
    [InlineData("1,2\n1,0\n", "x.csv: its first row is of numbers; put a row with the columns' names before it")]
    [InlineData("a,y\n1,-1\n", "x.csv: example 0 has label -1; number the classes 0, 1, 2 and so on")]
    [InlineData("y\n1\n", "x.csv: has no column but the label; add the columns that a model can learn from")]
    [InlineData("a,y\n1,0\n2,\"x\n", "; quote the values of its fields as csv asks")]
    [InlineData("a,y\n", "x.csv: holds no examples; check how the data was written")]
    [InlineData("", "x.csv: is empty; write a header and rows")]
    public void What_is_wrong_is_named_with_its_place(string text, string message)
    {
        using var folder = new DataFolder();
        folder.Text("x.csv", text);
        Assert.EndsWith(message, folder.Refusal("x.csv"));
    }

    [Fact]
    public void A_typo_in_a_long_column_of_numbers_is_no_category()
    {
        using var folder = new DataFolder();
        folder.Text("x.csv", "a,y\n" + string.Join("\n", Enumerable.Range(0, 400).Select(i => i == 300 ? "3O0,1" : $"{i},1")));
        Assert.EndsWith("column 'a' has words ('3O0') and more than 256 different values; mend the values that should be numbers, or leave the column out", folder.Refusal("x.csv"));
    }

    [Fact]
    public void A_label_column_that_is_not_there_is_refused()
    {
        using var folder = new DataFolder();
        folder.Text("x.csv", "a,b\n1,2\n");
        Assert.EndsWith("has no column 'kind' for the labels; it has a, b", folder.Refusal("x.csv", new() { LabelColumn = "kind" }));
    }
}
