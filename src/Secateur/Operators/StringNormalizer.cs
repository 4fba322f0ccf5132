using Secateur.Execution;
using Secateur.Onnx;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>StringNormalizer</c>: texts [C] or [1, C] without the <c>stopwords</c>, in upper or lower case as <c>case_change_action</c> says; where none is left, one
/// empty text. Cases are those of no language.
/// </summary>
internal sealed class StringNormalizer : TextOperator
{
    public override IDisposable[] Run(Node node, IDisposable?[] inputs)
    {
        var x = node.Texts(inputs, 0);
        if (x.Shape is not ([_] or [1, _])) throw node.Error($"its texts are {x.Described()}, [C] or [1, C] is needed; check the data's shape against the model's inputs");
        var stopwords = (node.Texts("stopwords") ?? []).ToHashSet(node.Flag("is_case_sensitive") ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        string[] kept = [.. x.Elements.Where(text => !stopwords.Contains(text)).Select(text => node.Text("case_change_action", "NONE") switch
        {
            "LOWER" => text.ToLowerInvariant(),
            "UPPER" => text.ToUpperInvariant(),
            _ => text,
        })];
        if (kept.Length == 0) kept = [""];
        return [new Texts(x.Shape.Length == 1 ? [kept.Length] : [1, kept.Length], [.. kept])];
    }
}
