using CsCheck;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests.Kernels;

public sealed class PackedValuesTests
{
    [Fact]
    public void Rounds_to_the_nearest() => Gen.Float.Sample(value =>
    {
        foreach (var kind in new[] { ValueKind.BFloat16, ValueKind.Float16 })
        {
            if (!float.IsFinite(value) || Math.Abs(value) > PackedValues.Most(kind)) Assert.Equal(value, PackedValues.Rounded(value, kind));
            else if (kind == ValueKind.Float16) Assert.Equal((float)(Half)value, PackedValues.Rounded(value, kind));
            else
            {
                var low = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000);
                var high = BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000) + 0x10000);
                var rounded = PackedValues.Rounded(value, kind);
                Assert.True(rounded == low || rounded == high);
                Assert.True(Math.Abs((double)rounded - value) <= Math.Min(Math.Abs((double)low - value), float.IsFinite(high) ? Math.Abs((double)high - value) : double.MaxValue));
            }
        }
    });

    [Fact]
    public void A_weight_beyond_the_range_stays_as_it_is()
    {
        foreach (var odd in new[] { 65505f, -7e4f, float.NaN, float.PositiveInfinity, BitConverter.UInt32BitsToSingle(0x7F800001) })
        {
            using var csr = Draw.Csr([0.1f, odd, 0.3f], 1, 3);
            csr.Round(ValueKind.Float16);
            Assert.Equal([0.1f, odd, 0.3f], csr.ValuesOf(0));
            Assert.Equal(ValueKind.Float32, PackedValues.KindOf(csr, codes: false));
        }
        using var within = Draw.Csr([0.1f, 65504, 1e-7f], 1, 3);
        within.Round(ValueKind.Float16);
        Assert.Equal([(float)(Half)0.1f, 65504, (float)(Half)1e-7f], within.ValuesOf(0));
        Assert.Equal(ValueKind.Float16, PackedValues.KindOf(within, codes: false));
    }

    [Theory]
    [InlineData("Int8", 0.5f), InlineData("Int8", 128), InlineData("Int8", -129), InlineData("Int8", float.NaN)]
    [InlineData("BFloat16", 1.001f), InlineData("Float16", 65505), InlineData("Float16", float.PositiveInfinity)]
    public void What_a_kind_cannot_hold_is_refused(string kind, float value)
    {
        using var values = new PackedValues(Enum.Parse<ValueKind>(kind), 8, 4);
        Assert.Throws<ArgumentException>(() => values.Put(3, value));
    }

    [Fact]
    public void Sixteen_values_have_codes_and_no_more()
    {
        using var values = new PackedValues(ValueKind.Code4, 64, 4);
        for (var i = 1; i < PackedValues.Codes; i++) values.Put(i, i / 7f);
        values.Put(40, 1 / 7f);
        Assert.Throws<ArgumentException>(() => values.Put(41, 99));
    }
}
