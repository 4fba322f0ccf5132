using System.Text.RegularExpressions;
using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>ONNX <c>RegexFullMatch</c>: whether the whole of each text matches the <c>pattern</c>, bool. As with RE2, time grows with the text's length alone.</summary>
internal sealed class RegexFullMatch : TextOperator
{
    public override IDisposable[] Run(Node node, IDisposable?[] inputs)
    {
        var x = node.Texts(inputs, 0);
        try
        {
            var pattern = new Regex($@"\A(?:{node.Text("pattern")})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return [tensor([.. x.Elements.Select(pattern.IsMatch)], [.. x.Shape], ScalarType.Bool)];
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw node.Error($"its pattern '{node.Text("pattern")}' cannot be read ({e.Message.Split('\n', '\r')[0].TrimEnd('.')}); export the model again");
        }
    }
}
