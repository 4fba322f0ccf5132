using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Sparse.Tests;

/// <summary>One level's kernels beside the loops that judge them.</summary>
internal sealed unsafe class Check(Level level, Random random)
{
    private static readonly int[] Odd = [1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 513];
    private static readonly int[] Tokens = [1, 2, 3, 4, 5, 8, 16, 17, 64, 65, 130, 600];

    /// <summary>Those that ran.</summary>
    public HashSet<string> Kernels { get; } = [];

    /// <summary>Of many tokens and of few, by the kernels that are right for the pattern of zeros.</summary>
    public void Product()
    {
        var (rows, columns, tokens) = (Size(), Size(), Tokens[random.Next(Tokens.Length)]);
        var weights = Draw.Weights(random, rows, columns, Sparsity(), random.Next(4) switch { 0 => level.Lanes, 1 => 4, 2 => 2, _ => 1 });
        var (bias, x, y) = (Draw.Values(random, rows), Draw.Values(random, tokens * columns), new float[tokens * rows]);
        var (expected, sizes) = Reference.Product(weights, bias, x, rows, columns, tokens);
        using var csr = Draw.Csr(weights, rows, columns);
        using var product = new Product(Draw.Compact(weights, rows, columns), bias, Activation.None, level);
        using var chain = new Chain([product]);
        fixed (float* from = x, to = y) chain.Run(from, to, null, Activation.None, tokens, Workers.Alone);
        Kernels.Add(product.AreFew(tokens) ? product.Few.Format : product.Many.Format);
        Near($"product of [{rows}, {columns}] for {tokens}, {product.Many.Format}", expected, sizes, y);

        using var few = new FewTokens(csr, bias, default, level);
        tokens = Math.Min(tokens, FewTokens.Most);
        var padded = new float[tokens * few.Stride];
        for (var token = 0; token < tokens; token++) x.AsSpan(token * columns, columns).CopyTo(padded.AsSpan(token * few.Stride));
        y = new float[tokens * rows];
        fixed (float* from = padded, to = y) few.Run(from, to, rows, tokens, false, 0, few.Groups);
        Kernels.Add(few.Format);
        Near($"product of [{rows}, {columns}] for {tokens}, {few.Format}", expected, sizes, y);
    }

    /// <summary>Strips of bytes with a scale for each output.</summary>
    public void Bytes()
    {
        var (rows, columns, tokens) = (Size(), Size(), random.Next(1, FewTokens.Most + 1));
        float[] whole = [.. Draw.Weights(random, rows, columns, Sparsity(), level.Lanes).Select(value => MathF.Round(value * 127))];
        var (scales, bias, x, y) = (Draw.Values(random, rows), Draw.Values(random, rows), Draw.Values(random, tokens * columns), new float[tokens * rows]);
        using var csr = Draw.Csr(whole, rows, columns);
        using var strips = new Strips(csr, RowGroups.Best(csr, level.Lanes), bias, scales);
        fixed (float* from = x, to = y) level.Run(strips, from, columns, to, rows, tokens, false, 0, strips.Groups);
        var (expected, sizes) = Reference.Product([.. whole.Select((value, i) => value * scales[i / columns])], bias, x, rows, columns, tokens);
        Kernels.Add("strips of bytes");
        Near($"bytes of [{rows}, {columns}] for {tokens}", expected, sizes, y);
    }

    /// <summary>Values that two bytes, one or half of one hold.</summary>
    public void Values() => Values(Size(), Size(), Sparsity(), random.Next(2) == 0 ? level.Lanes : 1, (ValueKind)random.Next(5));

    /// <summary>Of a matrix so large that it comes from memory.</summary>
    public void Large() => Values(1100, 3000, 0.4, 1, random.Next(2) == 0 ? ValueKind.Float32 : ValueKind.Int8);

    private void Values(int rows, int columns, double sparsity, int height, ValueKind kind)
    {
        var tokens = random.Next(1, FewTokens.Most + 1);
        float[] weights = [.. Draw.Weights(random, rows, columns, sparsity, height).Select(value => kind switch
        {
            ValueKind.Int8 => MathF.Round(value * 127),
            ValueKind.Code4 => MathF.Round(value * 7) / 3,
            _ => PackedValues.Rounded(value, kind),
        })];
        var (bias, x, y) = (Draw.Values(random, rows), Draw.Values(random, tokens * columns), new float[tokens * rows]);
        using var csr = Draw.Csr(weights, rows, columns);
        using var few = new FewTokens(csr, bias, default, level);
        var padded = new float[tokens * few.Stride];
        for (var token = 0; token < tokens; token++) x.AsSpan(token * columns, columns).CopyTo(padded.AsSpan(token * few.Stride));
        fixed (float* from = padded, to = y) few.Run(from, to, rows, tokens, false, 0, few.Groups);
        var (expected, sizes) = Reference.Product(weights, bias, x, rows, columns, tokens);
        Kernels.Add(few.Format);
        Near($"{few.Format} of [{rows}, {columns}] for {tokens}", expected, sizes, y);
    }

    /// <summary>Sums of integers, to the last one, and bytes that are made of them.</summary>
    public void Integers()
    {
        var (rows, columns, tokens, signed) = (Size(), Size(), Tokens[random.Next(Tokens.Length)], random.Next(2) == 0);
        float[] weights = [.. Draw.Weights(random, rows, columns, Sparsity(), random.Next(2) == 0 ? 4 : 1).Select(value => MathF.Round(value * 100))];
        var (x, sums, bytes) = (new byte[tokens * columns], new int[tokens * rows], new byte[tokens * rows]);
        random.NextBytes(x);
        using var chain = new Chain([new Product(Draw.Compact(weights, rows, columns), default, Activation.None, level)]);
        using var toSums = new IntegerEnds(signed, 7);
        using var toBytes = new IntegerEnds(signed, 7, new Requantization([.. Enumerable.Repeat(0.001f, rows)], null, 3, signed));
        fixed (byte* from = x, made = bytes)
        fixed (int* to = sums)
        {
            chain.Run(toSums.Widen(from, null, x.Length, Workers.Alone), to, toSums.Ending(null, false, null, Activation.None), tokens, Workers.Alone);
            chain.Run(toBytes.Widen(from, null, x.Length, Workers.Alone), made, toBytes.Ending(null, false, null, Activation.None), tokens, Workers.Alone);
        }
        Kernels.Add("integers");
        for (var at = 0; at < sums.Length; at++)
        {
            var (token, row, sum) = (at / rows, at % rows, 0);
            for (var column = 0; column < columns; column++) sum += ((signed ? (sbyte)x[token * columns + column] : x[token * columns + column]) - 7) * (int)weights[row * columns + column];
            var rounded = (int)MathF.Round(sum * 0.001f) + 3;
            if (sums[at] != sum || bytes[at] != (signed ? (byte)(sbyte)Math.Clamp(rounded, -128, 127) : (byte)Math.Clamp(rounded, 0, 255)))
                throw new InvalidOperationException($"integers of [{rows}, {columns}] for {tokens}: output {at} is {sums[at]} and {bytes[at]}, not {sum}");
        }
    }

    public void Convolution()
    {
        var shape = new ConvolutionShape(random.Next(1, 4), random.Next(1, 5), random.Next(1, 5), random.Next(1, 4), random.Next(1, 4),
            random.Next(4), random.Next(4), random.Next(4), random.Next(4), random.Next(1, 3), random.Next(1, 3));
        var (batch, channels, each, height, width) = (random.Next(1, 4), random.Next(1, 13) * shape.Groups, random.Next(1, 13), random.Next(12, 40), random.Next(12, 40));
        var outputs = each * shape.Groups;
        var columns = channels / shape.Groups * shape.KernelHeight * shape.KernelWidth;
        var weights = Draw.Weights(random, outputs, columns, Sparsity());
        var (bias, x) = (Draw.Values(random, outputs), Draw.Values(random, batch * channels * height * width));
        var (expected, sizes) = Reference.Convolution(weights, bias, x, shape, batch, channels, outputs, height, width);
        var y = new float[expected.Length];
        using var layer = new Convolution([.. Enumerable.Range(0, shape.Groups).Select(group => Draw.Compact(weights[(group * each * columns)..((group + 1) * each * columns)], each, columns))], bias, shape, Activation.None, level);
        fixed (float* from = x, to = y) layer.Run(from, to, null, Activation.None, batch, height, width, Workers.Alone);
        Kernels.Add("convolution");
        Near($"{shape}, [{batch}, {channels}, {height}, {width}] to {outputs}", expected, sizes, y);
    }

    private int Size() => random.Next(3) switch { 0 => random.Next(1, 40), 1 => random.Next(1, 200), _ => Odd[random.Next(Odd.Length)] };

    private double Sparsity() => Draw.Sparsities[random.Next(Draw.Sparsities.Length)];

    /// <exception cref="InvalidOperationException">They differ; the message says where.</exception>
    private static void Near(string what, double[] expected, double[] sizes, float[] actual)
    {
        for (var i = 0; i < actual.Length; i++)
            if (!(Math.Abs(expected[i] - actual[i]) <= 1e-5 * sizes[i] + 1e-37)) throw new InvalidOperationException($"{what}: output {i} of {actual.Length} is {actual[i]:R}, not {expected[i]:R}");
    }
}
