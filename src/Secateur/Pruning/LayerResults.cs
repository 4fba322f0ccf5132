using System.Collections.Immutable;
using Secateur.Evaluation;
using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Pruning;

/// <summary>Every tensor of a network with what was done to it and why.</summary>
internal static class LayerResults
{
    public static ImmutableArray<LayerResult> Of(Network network, ImmutableArray<Choice> choices, IReadOnlyDictionary<string, long[]>? inputs)
    {
        var work = Work.Of(network.Model, Shapes.Of(network, inputs: inputs)).ByWeight;
        return
        [
            .. choices.Select(choice =>
            {
                using var scope = NewDisposeScope();
                var tensor = network.Constants[choice.Tensor];
                var (count, nonzero) = (tensor.numel(), tensor.numel() == 0 ? 0 : tensor.count_nonzero().item<long>());
                return new LayerResult(choice.Tensor, choice.Node, [.. tensor.shape], count, nonzero, count == 0 ? 0 : 1 - (double)nonzero / count,
                    choice.Prune ? "pruned" : "kept", choice.Why, work.GetValueOrDefault(choice.Tensor));
            }),
        ];
    }
}
