using CsCheck;
using Secateur.Onnx.Packing;

namespace Secateur.Onnx.Tests.Packing;

public sealed class BlockTests
{
    public static TheoryData<int> Kinds => [.. SparseBytes.Kinds.Select(kind => (int)kind)];

    [Fact]
    public void Unpacked_it_is_the_same_bytes() =>
        SparseBytes.Any.Sample(block => Assert.Equal(block.Bytes, Block.Unpack(Block.Pack(block.Bytes, block.Elements))));

    [Theory, MemberData(nameof(Kinds))]
    public void So_it_is_at_its_largest_where_nothing_repeats_and_where_all_does(int kind)
    {
        foreach (var bytes in new[] { new byte[Block.MostBytes], SparseBytes.Of((Elements)kind, Block.MostBytes / Piece.Width((Elements)kind), 0), Noise(Block.MostBytes) })
        {
            var packed = Block.Pack(bytes, (Elements)kind);
            Assert.InRange(packed.Length, 1, bytes.Length + 200); // noise grows by its heads only
            Assert.Equal(bytes.Length, Block.Length(packed));
            Assert.True(bytes.AsSpan().SequenceEqual(Block.Unpack(packed)));
        }
    }

    [Fact]
    public void Damaged_it_is_refused_or_gives_some_bytes() =>
        Gen.Select(SparseBytes.Any, Gen.Int[0, 1 << 20], Gen.Byte[1, 255], Gen.Bool).Sample((block, place, change, cut) =>
        {
            var packed = Block.Pack(block.Bytes, block.Elements);
            place %= packed.Length;
            packed[place] ^= change;
            try
            {
                Assert.InRange(Block.Unpack(cut ? packed.AsSpan(0, place) : packed).Length, 0, Block.MostBytes);
            }
            catch (InvalidDataException)
            {
                // the one way to fail
            }
        });

    /// <summary>Of random zeros: within 3 % of their entropy.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(0.9)]
    [InlineData(0.95)]
    [InlineData(0.99)]
    public void Positions_take_what_they_must(double sparsity)
    {
        const int Count = 1 << 20;
        var random = new Random(5);
        var mask = new byte[Count / 8];
        for (var i = 0; i < Count; i++)
            if (random.NextDouble() >= sparsity) Positions.Set(mask, i);
        using var packed = new MemoryStream();
        Positions.Write(packed, mask, Count);
        var entropy = -((sparsity * Math.Log2(sparsity)) + ((1 - sparsity) * Math.Log2(1 - sparsity))) * Count / 8;
        Assert.InRange(packed.Length, entropy * 0.98, (entropy * 1.03) + 100);
    }

    [Fact]
    public void Few_different_values_take_less_than_a_byte_each()
    {
        var random = new Random(6);
        var values = Enumerable.Range(0, 1 << 18).Select(_ => (float)Math.Sin(random.Next(16))).ToArray();
        var packed = Block.Pack(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values), Elements.Float32);
        Assert.InRange(packed.Length, 1, (int)(values.Length / 2 * 1.03)); // 4 bits
    }

    private static byte[] Noise(int count)
    {
        var bytes = new byte[count];
        new Random(7).NextBytes(bytes);
        return bytes;
    }
}
