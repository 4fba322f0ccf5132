using System.Collections.Immutable;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using Secateur.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Operators;

/// <summary>Texts pass from node to node; expected values are those of ONNX's documentation of each operator.</summary>
public sealed class TextOperatorTests
{
    [Fact]
    public void Concat_broadcasts() =>
        Assert.Equal(["ax", "ay", "bx", "by"], Run("StringConcat", [], 20, Of([2, 1], "a", "b"), Of([2], "x", "y"))[0].Elements());

    [Fact]
    public void Split_cuts_at_the_delimiter_or_at_white_space()
    {
        Split([], "  hello world  hello ", "", ["hello", "world", "hello", "", "", ""], 3, 0);
        Split([("delimiter", ",")], " hello  world ,b,", "c", [" hello  world ", "b", "", "c", "", ""], 3, 1);
        Split([("maxsplit", 1L)], "hello  world hello", "c", ["hello", "world hello", "c", ""], 2, 1);

        static void Split((string, object)[] attributes, string first, string second, string[] parts, params long[] counts)
        {
            var made = Run("StringSplit", attributes, 20, Of([2], first, second));
            Assert.Equal(parts, made[0].Elements());
            Assert.Equal(counts, ((Tensor)made[1]).data<long>().ToArray());
        }
    }

    [Fact]
    public void Full_match_takes_the_whole_text() =>
        Assert.Equal([true, false, false], ((Tensor)Run("RegexFullMatch", [("pattern", @"www\.[\w.-]+\.\bcom\b")], 20, Of([3], "www.google.com", "www.facebook.com.", "awww.google.com"))[0]).data<bool>().ToArray());

    [Fact]
    public void A_pattern_that_cannot_be_read_is_told() =>
        Assert.StartsWith("node 'regexfullmatch' (RegexFullMatch): its pattern '(' cannot be read", Assert.Throws<SecateurException>(() => Run("RegexFullMatch", [("pattern", "(")], 20, Of([1], "a"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Normalizer_drops_stopwords_and_changes_case() =>
        Assert.Equal(["TUESDAY", "WEDNESDAY"], Run("StringNormalizer", [("case_change_action", "UPPER"), ("is_case_sensitive", 0L), ("stopwords", new[] { "MONDAY" })], 10, Of([3], "monday", "tuesday", "wednesday"))[0].Elements());

    [Fact]
    public void Numbers_pass_through_texts_and_back()
    {
        using var scope = NewDisposeScope();
        float[] numbers = [0.1f, -3, 1e-20f, float.NaN, float.NegativeInfinity, float.MaxValue];
        var model = SmallGraphs.Of(17, [SmallGraphs.Node("Cast", ["x"], ["text"], ("to", 8L)), SmallGraphs.Node("Cast", ["text"], ["y"], ("to", 1L))], [TensorData.Of("x", numbers, 6)], [], ["y"]);
        using var network = new Network(model);
        Assert.Equal(numbers, network.Run(new Dictionary<string, Tensor> { ["x"] = tensor(numbers) })[0].Values());
    }

    [Fact]
    public void A_text_that_is_no_number_is_told() =>
        Assert.Equal("node 'cast' (Cast): the text 'two' is no number of type Int64; check the data", Assert.Throws<SecateurException>(() => Run("Cast", [("to", 7L)], 13, Of([2], "1", "two"))).Message);

    [Theory, InlineData(true), InlineData(false)]
    public void A_value_that_may_be_missing_is_asked_for(bool there)
    {
        using var scope = NewDisposeScope();
        using var network = new Network(SmallGraphs.Of(18,
            [SmallGraphs.Node("Optional", there ? ["x"] : [], ["o"]), SmallGraphs.Node("OptionalHasElement", ["o"], ["has"]), SmallGraphs.Node("OptionalGetElement", ["o"], ["y"])],
            [TensorData.Of("x", [1f, 2], 2)], [], there ? ["has", "y"] : ["has"]));
        Dictionary<string, Tensor> inputs = new() { ["x"] = tensor([1f, 2]) };
        if (!there)
        {
            Assert.Equal("node 'optionalgetelement' (OptionalGetElement): its value is missing; check the data against the model's inputs", Assert.Throws<SecateurException>(() => network.Run(inputs)).Message);
            return;
        }
        var made = network.Run(inputs);
        Assert.True(made[0].item<bool>());
        Assert.Equal([1f, 2], made[1].Values());
    }

    private static IDisposable[] Run(string type, (string, object)[] attributes, long opset, params Texts[] texts)
    {
        var names = texts.Select((_, place) => $"t{place}").ToArray();
        var inputs = names.Zip(texts, (name, text) => SmallGraphs.Tensor<byte>(name, TensorProto.Types.DataType.String, [], [.. text.Shape])).ToArray();
        string[] outputs = type == "StringSplit" ? ["y", "parts"] : ["y"];
        using var network = new Network(SmallGraphs.Of(opset, [SmallGraphs.Node(type, names, outputs, attributes)], inputs, [], outputs));
        return network.RunValues(name => texts[Array.IndexOf(names, name)]);
    }

    private static Texts Of(ImmutableArray<long> shape, params string[] elements) => new(shape, [.. elements]);
}

file static class Read
{
    public static string[] Elements(this IDisposable value) => [.. ((Texts)value).Elements];
}
