using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests;

/// <summary>Random matrices and inputs.</summary>
internal static class Draw
{
    public static readonly double[] Sparsities = [0, 0.01, 0.5, 0.8, 0.9, 0.95, 0.99, 1];

    /// <summary>[rows, columns]; columns of <paramref name="height"/> rows are kept or pruned together, and some rows are empty.</summary>
    public static float[] Weights(Random random, int rows, int columns, double sparsity, int height = 1)
    {
        var weights = new float[rows * columns];
        for (var group = 0; group < rows; group += height)
        {
            if (random.Next(16) == 0) continue;
            for (var column = 0; column < columns; column++)
            {
                if (random.NextDouble() < sparsity) continue;
                for (var row = group; row < Math.Min(rows, group + height); row++) weights[row * columns + column] = Value(random);
            }
        }
        return weights;
    }

    /// <summary>The rows in another order, so that those kept or pruned together are no neighbours.</summary>
    public static float[] Apart(Random random, float[] weights, int columns)
    {
        var rows = Enumerable.Range(0, weights.Length / columns).ToArray();
        random.Shuffle(rows);
        return [.. rows.SelectMany(row => weights[(row * columns)..((row + 1) * columns)])];
    }

    public static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => Value(random))];

    public static unsafe Csr Csr(float[] weights, int rows, int columns)
    {
        fixed (float* values = weights) return Dense.ByRows(values, rows, columns).ToCsr();
    }

    public static unsafe Compact Compact(float[] weights, int rows, int columns)
    {
        fixed (float* values = weights) return Secateur.Sparse.Kernels.Compact.Of(Dense.ByRows(values, rows, columns));
    }

    /// <summary>One in 50 is denormal.</summary>
    private static float Value(Random random) => random.Next(50) == 0 ? 1e-41f * random.Next(1, 100) : (float)(random.NextDouble() * 2 - 1);
}
