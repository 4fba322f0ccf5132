using CsCheck;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests.Kernels;

/// <summary>Against a plain loop; of long rows too, whose sums two bytes do not hold.</summary>
public sealed unsafe class RowSumsTests
{
    [Fact]
    public void Are_those_of_the_plain_loop_however_the_bytes_lie() =>
        Gen.Select(Gen.Int[1, 150], Gen.OneOf(Gen.Int[1, 300], Gen.Int[8000, 9000]), Gen.OneOf(0.0, 0.5, 0.95), Gen.Bool, Gen.Bool, Gen.Int).Sample((rows, columns, sparsity, isTurned, isSigned, seed) =>
        {
            var random = new Random(seed);
            var (elements, zeros) = (new byte[rows * columns], new byte[rows]);
            if (seed % 3 == 0) random.NextBytes(zeros);
            else Array.Fill(zeros, (byte)(seed % 3 == 1 ? isSigned ? 0x80 : 0 : random.Next(256))); // the least byte of all, from which others are as far as can be
            for (var i = 0; i < elements.Length; i++) elements[i] = random.NextDouble() < sparsity ? zeros[isTurned ? i % rows : i / columns] : (byte)random.Next(256);
            var (plus, minus) = (new long[rows], new long[rows]);
            for (var i = 0; i < elements.Length; i++)
            {
                var row = isTurned ? i % rows : i / columns;
                var number = isSigned ? (sbyte)elements[i] - (sbyte)zeros[row] : elements[i] - zeros[row];
                if (number > 0) plus[row] += number;
                else minus[row] -= number;
            }
            fixed (byte* first = elements)
                Equal(RowSums.Of((isTurned ? Dense.ByColumns((float*)first, rows, columns) : Dense.ByRows((float*)first, rows, columns)) with { AreBytes = true, AreSigned = isSigned }, zeros));
            var parts = SparseWeightBytes.Read(SparseWeightBytes.Write(elements, isSigned ? SparseWeightBytes.SignedByte : SparseWeightBytes.Byte, zeros, columns, isTurned));
            Equal(RowSums.Of(parts));
            using var compact = Compact.Of(parts);
            Equal(RowSums.Of(compact));

            void Equal(RowSums sums)
            {
                Assert.Equal(plus, sums.Plus);
                Assert.Equal(minus, sums.Minus);
            }
        }, iter: 60);
}
