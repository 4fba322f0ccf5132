using System.Collections.Immutable;

namespace Secateur.Architectures;

/// <summary>A small vision transformer: 4 layers of 64 with 4 heads and 128 neurons, patches of 4 pixels at 28×28 and 32×32.</summary>
/// <remarks>
/// Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR 2021 (arXiv:2010.11929): normalization before each part, GELU, learned
/// positions; the mean in the place of the class token as Zhai et al. 2022, sec. 3.2 (arXiv:2106.04560) allow.
/// </remarks>
internal sealed class VisionTransformer : Architecture
{
    private const long Heads = 4;
    private const int Depth = 4;
    private const long MostTokens = 64;
    private const double EmbeddingDeviation = 0.02;

    private static readonly ImmutableArray<long> Patches = [4, 7, 8, 14, 16, 28, 32];

    public override string Name => "vit-small";

    public override string Summary => $"pictures: vision transformer, 4 layers of 64 with 4 heads, up to {MostTokens} patches; {Millions(3, 32, 32)}";

    public override TrainingRecipe Defaults { get; } = new()
    {
        Epochs = 15,
        Optimizer = "adamw",
        LearningRate = 1e-3,
        WeightDecay = 0.05,
        Warmup = 0.1,
        Shift = 2,
        Flip = true,
    };

    private protected override string Layers(GraphBuilder graph, ArchitectureOptions options)
    {
        var x = Picture(graph, options, smallest: 4);
        var (size, inner, neurons) = (options.Scale(64), Heads * options.Scale(16), options.Scale(128));
        var patch = Patch(options, graph.Shape(x)[1], graph.Shape(x)[2]);
        x = graph.Conv("patches", x, size, kernel: patch, stride: patch);          // [size, rows, columns]
        x = graph.Transpose(graph.Reshape(x, size, -1), 0, 2, 1);                  // [tokens, size]
        x = graph.AddLearned("position", x, EmbeddingDeviation);
        for (var layer = 0; layer < Depth; layer++)
        {
            var name = $"layer{layer}";
            x = graph.Add(x, Attention(graph, $"{name}.attention", graph.LayerNorm($"{name}.norm1", x), inner));
            var hidden = Gelu(graph, graph.Linear($"{name}.fc1", graph.LayerNorm($"{name}.norm2", x), neurons));
            x = graph.Add(x, graph.Linear($"{name}.fc2", hidden, size));
        }
        x = graph.Reduce("ReduceMean", graph.LayerNorm("norm", x), axis: 1);
        return graph.Gemm("head", x, options.Classes, relu: false);
    }

    /// <summary>Softmax(Q·Kᵀ/√d)·V in each head, then one projection, as exporters write it.</summary>
    private static string Attention(GraphBuilder graph, string name, string x, long inner)
    {
        var (tokens, size, head) = (graph.Shape(x)[0], graph.Shape(x)[1], inner / Heads);
        string Split(string part, params ImmutableArray<long> order) =>
            graph.Transpose(graph.Reshape(graph.Linear($"{name}.{part}", x, inner), tokens, -1, head), order); // -1: heads can be removed
        var query = Split("query", 0, 2, 1, 3);  // [heads, tokens, head]
        var key = Split("key", 0, 2, 3, 1);      // [heads, head, tokens]
        var value = Split("value", 0, 2, 1, 3);
        var weights = graph.Softmax(graph.With("Div", graph.MatMul(query, key), MathF.Sqrt(head)));
        var mixed = graph.Transpose(graph.MatMul(weights, value), 0, 2, 1, 3);
        return graph.Linear($"{name}.out", graph.Reshape(mixed, tokens, -1), size);
    }

    /// <summary>x·(1 + erf(x/√2))/2 (Hendrycks and Gimpel 2016, arXiv:1606.08415).</summary>
    private static string Gelu(GraphBuilder graph, string x) =>
        graph.With("Mul", graph.Mul(x, graph.With("Add", graph.Erf(graph.With("Div", x, MathF.Sqrt(2))), 1)), 0.5f);

    /// <summary>The smallest patch that divides the picture into not too many tokens.</summary>
    private long Patch(ArchitectureOptions options, long height, long width)
    {
        foreach (var patch in Patches)
            if (height % patch == 0 && width % patch == 0 && height / patch * (width / patch) <= MostTokens) return patch;
        throw Error($"cannot cut pictures of shape {Write(options)} into at most {MostTokens} squares of {string.Join(", ", Patches)} pixels; "
            + "scale them to 28x28 or 32x32");
    }
}
