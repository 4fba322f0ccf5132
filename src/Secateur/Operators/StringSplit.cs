using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>StringSplit</c>: each text cut at the <c>delimiter</c>, or where that is empty at white space, at most <c>maxsplit</c> times: [..., most], filled up by empty
/// texts; and the number of parts, int64.
/// </summary>
internal sealed class StringSplit : TextOperator
{
    public override IDisposable[] Run(Node node, IDisposable?[] inputs)
    {
        var x = node.Texts(inputs, 0);
        var (delimiter, most) = (node.Text("delimiter"), node.Has("maxsplit") ? (int)Math.Clamp(node.Int("maxsplit"), 0, int.MaxValue - 1) + 1 : int.MaxValue);
        string[][] parts = [.. x.Elements.Select(text => delimiter.Length > 0 ? text.Split(delimiter, most) : Words(text, most))];
        var width = parts.Select(own => own.Length).DefaultIfEmpty(0).Max();
        node.Affordable([.. x.Shape, width], x.Elements.Sum(text => text.Length));
        return
        [
            new Texts([.. x.Shape, width], [.. parts.SelectMany(own => own.Concat(Enumerable.Repeat("", width - own.Length)))]),
            tensor([.. parts.Select(own => (long)own.Length)], [.. x.Shape], ScalarType.Int64),
        ];
    }

    /// <summary>Runs of white space are one cut; those at the ends are none. What is left after the last cut stays as it is, but for white space before it.</summary>
    private static string[] Words(string text, int most)
    {
        List<string> words = [];
        var rest = text.Trim();
        while (rest.Length > 0)
        {
            var end = words.Count + 1 == most ? rest.Length : rest.TakeWhile(letter => !char.IsWhiteSpace(letter)).Count();
            words.Add(rest[..end]);
            rest = rest[end..].TrimStart();
        }
        return [.. words];
    }
}
