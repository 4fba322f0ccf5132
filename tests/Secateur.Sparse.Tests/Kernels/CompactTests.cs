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

    /// <summary>By columns they are taken tile by tile, of which many lie side by side here, and the last ones are short.</summary>
    [Fact]
    public unsafe void Holds_the_same_of_either_order() =>
        Gen.Select(Gen.OneOf(Gen.Int[1, 70], Gen.Int[500, 1100]), Gen.Int[1, 600], Gen.OneOf(0.0, 0.9, 0.999), Gen.Bool, Gen.Bool, Gen.Int).Sample((rows, columns, sparsity, areBytes, areSigned, seed) =>
        {
            var random = new Random(seed);
            var (zero, width) = (areBytes ? (byte)random.Next(256) : (byte)0, areBytes ? 1 : sizeof(float));
            var elements = new byte[rows * columns * width];
            for (var i = 0; i < rows * columns; i++)
                if (areBytes) elements[i] = random.NextDouble() < sparsity ? zero : (byte)random.Next(256);
                else BitConverter.TryWriteBytes(elements.AsSpan(4 * i), random.NextDouble() < sparsity ? 0 : random.NextSingle() - 0.5f);
            var turned = new byte[elements.Length];
            for (var i = 0; i < rows * columns; i++) elements.AsSpan(i * width, width).CopyTo(turned.AsSpan((i % columns * rows + i / columns) * width));
            fixed (byte* first = elements, second = turned)
            {
                Dense Of(Dense dense) => dense with { AreBytes = areBytes, AreSigned = areSigned, Zero = zero };
                using var byRows = Compact.Of(Of(Dense.ByRows((float*)first, rows, columns)), 3);
                using var byColumns = Compact.Of(Of(Dense.ByColumns((float*)second, rows, columns)), 3);
                Assert.Equal(byRows.Starts, byColumns.Starts);
                Assert.True(byRows.Values.SequenceEqual(byColumns.Values) && byRows.Steps.SequenceEqual(byColumns.Steps));
            }
        }, iter: 60);
}
