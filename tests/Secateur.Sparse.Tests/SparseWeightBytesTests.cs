using System.Runtime.InteropServices;
using CsCheck;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests;

/// <summary>That damaged bytes are refused is told with the models that hold them.</summary>
public sealed class SparseWeightBytesTests
{
    private static readonly Gen<int> Columns = Gen.OneOf(Gen.Int[1, 60], Gen.Int[1, 3000]);

    [Fact]
    public void Every_bit_comes_back_however_far_apart() =>
        Gen.Select(Gen.Int[1, 60], Columns, Gen.OneOf(0.0, 0.5, 0.9, 0.99, 0.999, 1), Gen.Bool, Gen.Int).Sample((rows, columns, sparsity, isTurned, seed) =>
        {
            var random = new Random(seed);
            var tensor = Draw.Weights(random, rows, columns, sparsity);
            foreach (var bits in new[] { 0x80000000u, 1u, 0x7FC12345u, 0xFF800000u }) tensor[random.Next(tensor.Length)] = BitConverter.UInt32BitsToSingle(bits);
            var parts = SparseWeightBytes.Read(SparseWeightBytes.Write(tensor, columns, isTurned));
            Assert.Equal((rows, columns, isTurned), (parts.Head.Rows, parts.Head.Columns, parts.Head.IsTurned));
            Assert.True(parts.Head.Fits(isTurned ? [columns, rows] : [rows, columns]));
            var again = new float[tensor.Length];
            parts.CopyTo<float>(again);
            Assert.Equal(MemoryMarshal.Cast<float, uint>(tensor), MemoryMarshal.Cast<float, uint>(again));
        }, iter: 200);

    /// <summary>So that a file opens as what the provider makes of dense weights.</summary>
    [Fact]
    public void Its_entries_are_those_of_the_dense_weight() =>
        Gen.Select(Gen.Int[1, 60], Columns, Gen.OneOf(0.5, 0.9, 0.99, 0.999), Gen.Bool, Gen.Int).Sample((rows, columns, sparsity, isTurned, seed) =>
        {
            var tensor = Draw.Weights(new Random(seed), rows, columns, sparsity);
            using var read = Compact.Of(SparseWeightBytes.Read(SparseWeightBytes.Write(tensor, columns, isTurned)));
            Holds(tensor, rows, columns, isTurned, read);
        }, iter: 200);

    /// <summary>Whatever the zero points; what is the zero point takes nothing.</summary>
    [Fact]
    public void Every_byte_comes_back() =>
        Gen.Select(Gen.Int[1, 60], Columns, Gen.OneOf(0.0, 0.5, 0.9, 0.999, 1), Gen.Bool, Gen.Int).Sample((rows, columns, sparsity, isTurned, seed) =>
        {
            var random = new Random(seed);
            var (tensor, zeros, type) = Bytes(random, rows, columns, sparsity, isTurned);
            var parts = SparseWeightBytes.Read(SparseWeightBytes.Write(tensor, type, zeros, columns, isTurned));
            Assert.Equal((rows, columns, isTurned, type), (parts.Head.Rows, parts.Head.Columns, parts.Head.IsTurned, parts.Head.Type));
            Assert.Equal(zeros, parts.Zeros);
            if (sparsity == 1) Assert.Equal(0, parts.Head.Entries);
            var again = new byte[tensor.Length];
            parts.CopyTo<byte>(again);
            Assert.Equal(tensor, again);
        }, iter: 200);

    [Fact]
    public void Bytes_are_read_less_their_zero_points() =>
        Gen.Select(Gen.Int[1, 60], Columns, Gen.OneOf(0.5, 0.9, 0.99, 0.999), Gen.Bool, Gen.Int).Sample((rows, columns, sparsity, isTurned, seed) =>
        {
            var (tensor, zeros, type) = Bytes(new Random(seed), rows, columns, sparsity, isTurned);
            using var read = Compact.Of(SparseWeightBytes.Read(SparseWeightBytes.Write(tensor, type, zeros, columns, isTurned)));
            float Number(byte one) => type == SparseWeightBytes.SignedByte ? (sbyte)one : one;
            Holds([.. tensor.Select((one, i) => Number(one) - Number(zeros[isTurned ? i % rows : i / columns]))], rows, columns, isTurned, read);
        }, iter: 200);

    [Fact]
    public void A_negative_zero_is_an_entry()
    {
        float[] weights = [0, -0f, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -0f, 0, 0, 0, -0f, 0];
        Assert.Equal([2, 1, 12, 4], SparseWeightBytes.Read(SparseWeightBytes.Write(weights, 20, isTurned: false)).Steps.ToArray());
    }

    /// <summary>Written before there were others.</summary>
    [Fact]
    public void Floats_are_in_version_1() =>
        Assert.Equal("5350575401000000689FE2AE000000000200000003000000020000000000000000000000010000000200000000000040000080BF0203", Convert.ToHexString(SparseWeightBytes.Write([0, 2, 0, 0, 0, -1], 3, isTurned: false)));

    [Fact]
    public void A_shape_fits_by_its_axes()
    {
        SparseWeightBytes.Head head = new(6, 12, 0, false), turned = head with { IsTurned = true };
        Assert.True(head.Fits([6, 12]) && head.Fits([6, 3, 2, 2]) && turned.Fits([12, 6]));
        Assert.False(head.Fits([12, 6]) || head.Fits([6, 3, 4, 2]) || head.Fits([6, 12, 0]) || head.Fits([6, -12]) || head.Fits([6]) || head.Fits([]) || turned.Fits([6, 12]) || turned.Fits([4, 3, 6]));
    }

    /// <summary>What was read is what a dense weight gives.</summary>
    private static unsafe void Holds(float[] dense, int rows, int columns, bool isTurned, Compact read)
    {
        fixed (float* first = dense)
        {
            using var made = Compact.Of(isTurned ? Dense.ByColumns(first, rows, columns) : Dense.ByRows(first, rows, columns));
            Assert.Equal(made.Starts, read.Starts);
            Assert.Equal(made.Values, read.Values);
            Assert.Equal(made.Steps, read.Steps);
        }
    }

    private static (byte[] Tensor, byte[] Zeros, int Type) Bytes(Random random, int rows, int columns, double sparsity, bool isTurned)
    {
        var (tensor, zeros) = (new byte[rows * columns], new byte[rows]);
        if (random.Next(3) > 0) random.NextBytes(zeros);
        for (var i = 0; i < tensor.Length; i++) tensor[i] = random.NextDouble() < sparsity ? zeros[isTurned ? i % rows : i / columns] : (byte)random.Next(256);
        return (tensor, zeros, random.Next(2) == 0 ? SparseWeightBytes.Byte : SparseWeightBytes.SignedByte);
    }
}
