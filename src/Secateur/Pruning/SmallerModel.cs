using Secateur.Evaluation;
using Secateur.Onnx;

namespace Secateur.Pruning;

/// <summary>The file of a model from which structure went, and that of its twin.</summary>
internal static class SmallerModel
{
    /// <param name="made">The smaller model.</param>
    /// <param name="twin">Makes the whole model with zeros in place of what went.</param>
    /// <param name="recipe">Whose size is kept, where it asks for one.</param>
    /// <param name="output">The file.</param>
    /// <param name="masked">A file for the twin; null writes none.</param>
    /// <param name="inputs">Shapes that the file's work is counted for.</param>
    /// <param name="sign">Told of every file.</param>
    /// <exception cref="GateException">The file is larger than asked for.</exception>
    public static ModelFacts Write(OnnxModel made, Func<OnnxModel> twin, Recipe recipe, string output, string? masked, IReadOnlyDictionary<string, long[]>? inputs, Action<IEnumerable<string>> sign)
    {
        made.Save(output);
        sign(made.Files);
        if (recipe.Size is { } size && made.Files.Sum(file => new FileInfo(file).Length) is var bytes && bytes > size)
            throw new GateException($"{output}: would become {bytes:N0} bytes, over the {size:N0} asked for; ask for a little more");
        if (masked is not null)
        {
            var whole = twin();
            whole.Save(masked);
            sign(whole.Files);
        }
        return ModelFile.Facts(output, inputs);
    }
}
