using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Provider;

/// <summary>Products of all axes but the last with constant weights, one into the next.</summary>
/// <param name="ends">Of integers; null where all are floats.</param>
/// <param name="shape">The output's, −1 for one axis at most; null where it is the input's but for the last axis.</param>
internal sealed unsafe class FusedChain(Ort ort, FusedNode.Places places, int threads, Activation last, Chain chain, IntegerEnds? ends, long[]? shape) : FusedNode(ort, places, threads, last, ends)
{
    public override void Dispose()
    {
        chain.Dispose();
        base.Dispose();
    }

    protected override int Axes(int input) => shape?.Length ?? input;

    protected override void Shape(ReadOnlySpan<long> input, Span<long> output)
    {
        if (input[^1] != chain.Columns) throw Wrong($"its input's last axis is {input[^1]}, its weight wants {chain.Columns}");
        if (shape is null)
        {
            input.CopyTo(output);
            output[^1] = chain.Rows;
            return;
        }
        var (tokens, known) = (Broadcast.Elements(input[..^1]), 1L);
        foreach (var extent in shape.AsSpan(..^1))
            if (extent >= 0) known *= extent;
        shape.CopyTo(output);
        if (output.IndexOf(-1) is var open and >= 0) output[open] = known == 0 ? 0 : tokens / known;
        if (Broadcast.Elements(output[..^1]) != tokens) throw Wrong($"its input has {tokens} vectors, which do not make a shape of [{string.Join(", ", shape)}]");
    }

    protected override int Outputs => chain.Rows;

    protected override void Run(float* x, ReadOnlySpan<long> shape, void* y, Ending ending, Workers workers) => chain.Run(x, y, ending, Broadcast.Elements(shape[..^1]), workers);
}
