using Secateur.Execution;
using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX Runtime's <c>EmbedLayerNormalization</c>: LayerNormalization of the sum of word, position and segment embeddings of ids [batch,
/// length].
/// </summary>
/// <remarks>The second output is each sequence's length by the mask, 0 without one; the third is the sum.</remarks>
internal sealed class EmbedLayerNormalization : Operator
{
    public override string WhyWhole => "normalizes over it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var ids = inputs[0]!;
        if (ids.dim() != 2) throw node.Error($"its ids have {ids.dim()} axes, [batch, length] is needed; check the data's shape");
        var positions = Given(8) ?? arange(ids.shape[1]).unsqueeze(0).expand(ids.shape);
        if (positions.shape[0] == 1 && positions.dim() == 2) positions = positions.expand(ids.shape[0], -1);
        var sum = Rotary.Rows(node, inputs[2]!, ids) + Rotary.Rows(node, inputs[3]!, positions);
        if (Given(1) is { } segments && Given(4) is { } table) sum += Rotary.Rows(node, table, segments);
        var y = nn.functional.layer_norm(sum, [sum.shape[2]], inputs[5], Given(6), node.Float("epsilon", 1e-12f));
        var lengths = Given(7) is { } mask ? mask.sum(1, type: ScalarType.Int32) : zeros([ids.shape[0]], ScalarType.Int32);
        return [y, lengths, sum];

        Tensor? Given(int index) => index < inputs.Length ? inputs[index] : null;
    }

    public override IEnumerable<Learned> Learned(Node node) =>
    [
        new(2, LearnedKind.Embedding), new(3, LearnedKind.Embedding), new(4, LearnedKind.Embedding),
        new(5, LearnedKind.Scale), new(6, LearnedKind.Bias),
    ];
}
