using CsCheck;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests.Kernels;

public sealed class DenseTests
{
    [Fact]
    public unsafe void Bytes_are_read_as_the_floats_that_they_are_less_their_zero_point() =>
        Gen.Select(Gen.Int[1, 200], Gen.OneOf(Gen.Int[1, 80], Gen.Int[1, 2000]), Gen.OneOf(0.0, 0.5, 0.9, 0.99, 0.999, 1), Gen.OneOf(0, 1, 128, 255), Gen.Bool, Gen.Bool, Gen.Int).Sample((rows, columns, sparsity, point, signed, byColumns, seed) =>
        {
            var (random, zero) = (new Random(seed), (byte)point);
            byte[] elements = [.. Draw.Weights(random, rows, columns, sparsity).Select(weight => weight == 0 ? zero : (byte)random.Next(256))];
            float[] numbers = [.. elements.Select(element => signed ? (sbyte)element - (sbyte)zero : element - zero)];
            fixed (float* floats = numbers)
            fixed (byte* bytes = elements)
            {
                var asFloats = byColumns ? Dense.ByColumns(floats, rows, columns) : Dense.ByRows(floats, rows, columns);
                var asBytes = asFloats with { Values = (nint)bytes, AreBytes = true, AreSigned = signed, Zero = zero };
                Same(asFloats, asBytes);
                if (!byColumns) Same(asFloats.Part(rows / 3, rows), asBytes.Part(rows / 3, rows));
            }
        }, iter: 300);

    private static void Same(Dense floats, Dense bytes)
    {
        Assert.Equal(Census.Of(floats), Census.Of(bytes));
        using var expected = Compact.Of(floats, 0.5f);
        using var actual = Compact.Of(bytes, 0.5f);
        Assert.Equal(expected.Starts, actual.Starts);
        Assert.Equal(expected.Steps.ToArray(), actual.Steps.ToArray());
        Assert.Equal(expected.Values.ToArray(), actual.Values.ToArray());
    }
}
