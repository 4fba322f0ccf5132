using System.Collections.Immutable;
using Secateur.Data;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tasks;

/// <summary>The next token at each place of a text, by cross-entropy.</summary>
internal sealed class LanguageModelling : Task
{
    private const string Tokens = "input_ids", Mask = "attention_mask";

    public override string Summary => "the next token at each place of a text; the text is its own label";

    public override ImmutableArray<string> Metrics => ["perplexity", "accuracy"];

    internal override bool LabelsItself => true;

    internal override ImmutableArray<OutputForm> Forms(Graph graph) => FirstAs(graph, OutputKind.Classes, axis: 2);

    // without a tokenizer's own vocabulary bytes would be taken for tokens of any model
    internal override string? Suits(Graph graph, Tensor? labels, Examples examples) =>
        labels is null && examples.Vocabulary > 0 && graph.Outputs[0].Shape is [_, _, { } classes] && classes == examples.Vocabulary
            ? $"the data is text of {classes:N0} kinds of tokens, and the model scores as many at each place" : null;

    internal override Tensor? Target(IReadOnlyDictionary<string, Tensor> read, Tensor? labels)
    {
        var tokens = read.GetValueOrDefault(Tokens) ?? (read.Count == 1 ? read.Values.First() : null);
        if (tokens is null || tokens.is_floating_point() || tokens.dim() != 2)
            throw new SecateurException($"task language-modelling: the data has no '{Tokens}' [N, length]; give text, or an array of that name");
        tokens = tokens.to_type(ScalarType.Int64);
        if (read.GetValueOrDefault(Mask) is { } mask) tokens = tokens.where(mask.ne(0), full_like(tokens, Positions.Ignore));
        return cat([tokens.narrow(1, 1, tokens.shape[1] - 1), full([tokens.shape[0], 1], Positions.Ignore, ScalarType.Int64)], 1);
    }

    internal override void Check(Reading reading, Tensor target, string model) => Positions.Check(reading, target, model, "the next token at each place");

    internal override Tensor Loss(Reading reading, Tensor target) => Positions.CrossEntropy(reading.First, target);
}
