using CsCheck;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests.Kernels;

public sealed class CompactTests
{
    private static readonly Gen<int> Columns = Gen.OneOf(Gen.Int[1, 60], Gen.Int[1, 3000]);

    [Fact]
    public unsafe void Holds_what_is_not_zero_however_far_apart() =>
        Gen.Select(Gen.Int[1, 60], Columns, Gen.OneOf(0.0, 0.5, 0.9, 0.99, 0.999, 1), Gen.Bool, Gen.Int).Sample((rows, columns, sparsity, byColumns, seed) =>
        {
            var weights = Draw.Weights(new Random(seed), rows, columns, sparsity);
            float[] turned = byColumns ? [.. Enumerable.Range(0, weights.Length).Select(i => weights[i % rows * columns + i / rows])] : weights;
            fixed (float* values = turned)
            {
                using var compact = Compact.Of(byColumns ? Dense.ByColumns(values, rows, columns) : Dense.ByRows(values, rows, columns), 2);
                using var csr = compact.ToCsr();
                var again = new float[weights.Length];
                for (var row = 0; row < rows; row++)
                    for (var i = 0; i < csr.ColumnsOf(row).Length; i++) again[row * columns + csr.ColumnsOf(row)[i]] = csr.ValuesOf(row)[i] / 2;
                Assert.Equal(weights, again);
                Assert.DoesNotContain((byte)0, compact.Steps.ToArray());
            }
        }, iter: 200);
}
