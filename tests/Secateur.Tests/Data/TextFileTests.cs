using CsCheck;
using Secateur.Data;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

public sealed class TextFileTests
{
    [Fact]
    public void Bytes_are_numbered_from_1_and_padded_with_0()
    {
        using var scope = NewDisposeScope();
        using var folder = new DataFolder();
        folder.Text("x.jsonl", "{\"text\": \"ab\", \"label\": \"good\"}\n{\"text\": \"\u00e9\u00e9\u00e9\", \"label\": \"bad\"}\n\n{\"text\": \"\", \"label\": \"bad\"}\n");
        using var data = folder.Open("x.jsonl", new() { Length = 4 });
        var read = data.Whole.ReadAll();
        Assert.Equal([98, 99, 0, 0, 0xC3 + 1, 0xA9 + 1, 0xC3 + 1, 0xA9 + 1, 0, 0, 0, 0], read["input_ids"].data<long>().ToArray());
        Assert.Equal([1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0], read["attention_mask"].data<long>().ToArray());
        Assert.Equal(["bad", "good"], data.ClassNames);
        Assert.Equal([1, 0, 0], data.Whole.Labels!.Value);
        Assert.Equal(257, data.Vocabulary);
        Assert.EndsWith("texts of 4 bytes, since no tokenizer was given", data.Description);
    }

    [Fact]
    public void Every_form_of_the_same_texts_reads_the_same() =>
        Gen.Select(Gen.Int[0, 2], Gen.String[Gen.Char["abc \u00fc\u4e16"], 1, 9].Select(text => "x" + text.Trim())).Array[1, 20].Sample(rows =>
        {
            using var folder = new DataFolder();
            folder.Text("a.jsonl", string.Join("\n", rows.Select(row => $"{{\"label\": \"c{row.Item1}\", \"text\": \"{row.Item2}\"}}")));
            folder.Text("b.txt", "\uFEFF" + string.Join("\r\n", rows.Select(row => $"c{row.Item1}\t{row.Item2}")));
            folder.Text("c.txt", string.Join("\n", rows.Select(row => $"__label__c{row.Item1} {row.Item2}")) + "\n");
            folder.Text("d.txt", string.Join("\n\n", rows.Select(row => row.Item2)));
            using var first = folder.Open("a.jsonl");
            foreach (var name in new[] { "a.jsonl", "b.txt", "c.txt", "d.txt" })
            {
                using var streamed = folder.Open(name, new() { BytesInMemory = 0 });
                Assert.Equal(first.Whole.Floats("input_ids"), streamed.Whole.Floats("input_ids"));
                if (name == "d.txt") Assert.Null(streamed.Whole.Labels);
                else Assert.Equal(first.Whole.Labels!.Value, streamed.Whole.Labels!.Value);
            }
        }, threads: 1, iter: 30);

    [Fact]
    public void Wordpiece_keeps_its_last_token_when_cut()
    {
        using var folder = new DataFolder();
        folder.Text("x.txt", "hello worlds\nhello hello hello hello");
        var vocabulary = folder.Text("vocab.txt", string.Join("\n", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "##s"));
        using var data = folder.Open("x.txt", new() { Tokenizer = vocabulary, Length = 5 });
        Assert.Equal([2f, 5, 6, 7, 3, 2, 5, 5, 5, 3], data.Whole.Floats("input_ids"));
        Assert.Equal(8, data.Vocabulary);
    }

    [Fact]
    public void Byte_pairs_are_merged()
    {
        using var folder = new DataFolder();
        folder.Text("x.txt", "low lower");
        folder.Text("gpt2/vocab.json", """{"l": 0, "o": 1, "w": 2, "e": 3, "r": 4, "Ġ": 5, "lo": 6, "low": 7, "Ġlow": 8, "er": 9, "<|endoftext|>": 10}""");
        folder.Text("gpt2/merges.txt", "#version: 0.2\nl o\nlo w\nĠ low\ne r\n");
        using var data = folder.Open("x.txt", new() { Tokenizer = folder.At("gpt2"), Length = 4 });
        Assert.Equal([7f, 8, 9, 0], data.Whole.Floats("input_ids"));
        Assert.Equal(11, data.Vocabulary);
    }

    [Theory]
    [InlineData("x.jsonl", "{\"text\": \"a\"}\n{\"text\": \"a\", \"label\": 1}\n", "x.jsonl: example 2 has a label, the ones before have none; label all or none")]
    [InlineData("x.jsonl", "{\"text\": \"a\"}\n{\"text\"", "x.jsonl: example 2 is no JSON; mend the line")]
    [InlineData("x.jsonl", "[1]", "x.jsonl: example 1 is no object with a string \"text\" or a list \"input_ids\"; mend the line")]
    [InlineData("x.jsonl", "{\"text\": \"a\", \"label\": {}}", "x.jsonl: example 1 has a label that is neither a string, a number nor a list of numbers; mend the line")]
    [InlineData("x.jsonl", "{\"text\": \"a\", \"label\": [1, \"b\"]}", "x.jsonl: example 1 has a list that is not of numbers; mend the line")]
    [InlineData("x.txt", "__label__a __label__b c", "x.txt: example 1 has two labels, each example is of one class; mend the line")]
    [InlineData("x.txt", "\n", "x.txt: holds no examples; check how the data was written")]
    public void What_is_wrong_is_named_with_its_place(string name, string text, string message)
    {
        using var folder = new DataFolder();
        folder.Text(name, text);
        Assert.EndsWith(message, folder.Refusal(name));
    }

    [Theory]
    [InlineData("nothing.model", "no such file; name a vocab.txt")]
    [InlineData("x.model", "copy it again from the model it belongs to")]
    [InlineData("vocab.txt", "copy it again from the model it belongs to")]
    [InlineData("x.bin", "is of no known form; name a vocab.txt")]
    public void A_tokenizer_that_cannot_be_read_is_named(string name, string message)
    {
        using var folder = new DataFolder();
        foreach (var file in new[] { "x.model", "x.bin", "vocab.txt", "t.txt" }) folder.Text(file, "no tokenizer");
        var refusal = folder.Refusal("t.txt", new() { Tokenizer = Path.Combine(folder.Root, name) });
        Assert.StartsWith($"--tokenizer {Path.Combine(folder.Root, name)}: ", refusal);
        Assert.EndsWith(message, refusal.Replace(", a .model or a folder with vocab.json and merges.txt, or take bytes", ""));
    }
}
