using CsCheck;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Tests.Kernels;

/// <summary>Against plain loops, at the end of memory that may be touched.</summary>
public sealed unsafe class IntegersTests
{
    [Fact]
    public void Bytes_become_floats_less_their_zero_point() => Gen.Select(Gen.Byte.Array[0, 70], Gen.Bool, Gen.Byte).Sample((bytes, signed, zero) =>
    {
        using var to = new Guarded(new float[bytes.Length]);
        var offset = signed ? (int)(sbyte)zero : zero;
        fixed (byte* from = bytes) Integers.Widen(from, signed, offset, to.Pointer, bytes.Length);
        Assert.Equal(bytes.Select(value => (float)((signed ? (int)(sbyte)value : value) - offset)), to.ToArray());
    });

    [Fact]
    public void Sums_become_integers() => Gen.Int[-1 << 24, 1 << 24].Array[0, 70].Sample(sums =>
    {
        using var values = new Guarded([.. sums.Select(sum => (float)sum)]);
        Integers.ToIntegers(values.Pointer, sums.Length);
        Assert.Equal(sums, values.ToArray().Select(BitConverter.SingleToInt32Bits));
    });

    [Fact]
    public void Sums_become_bytes_as_ONNX_rounds_them() =>
        Gen.Select(Gen.Int[-1 << 24, 1 << 24], Gen.OneOf(Gen.Int[-1000, 1000], Gen.Int), Gen.OneOf(Gen.Const(0.5f), Gen.Float[1e-7f, 0.01f], Gen.Const(float.MaxValue))).Array[0, 70]
            .Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Byte).Sample((lines, each, biased, signed, zero) =>
            {
                var (offset, count) = (signed ? (int)(sbyte)zero : zero, lines.Length);
                using var values = new Guarded([.. lines.Select(line => (float)line.Item1)]);
                int[] added = [.. lines.Select(line => line.Item2), 0];
                float[] factors = [.. lines.Select(line => line.Item3), 1];
                var bytes = new byte[count + 1];
                fixed (int* addeds = added)
                fixed (float* factor = factors)
                fixed (byte* to = bytes) Integers.Narrow(values.Pointer, biased ? addeds : null, factor, each, offset, signed, to, count);
                for (var i = 0; i < count; i++)
                {
                    var sum = unchecked(lines[i].Item1 + (biased ? added[each ? i : 0] : 0));
                    var rounded = Math.Round((double)(sum * factors[each ? i : 0]), MidpointRounding.ToEven) + offset;
                    Assert.Equal(signed ? (byte)(sbyte)Math.Clamp(rounded, -128, 127) : (byte)Math.Clamp(rounded, 0, 255), bytes[i]);
                }
                Assert.Equal(0, bytes[count]);
            });

    [Fact]
    public void Numbers_are_what_elements_mean() => Gen.Select(Gen.Int[-255, 255], Gen.Int[-128, 255], Gen.Float[-1, 1]).Array[1, 40].Select(Gen.Bool).Sample((lines, each) =>
    {
        using var values = new Guarded([.. lines.Select(line => (float)line.Item1)]);
        using var zeros = new Guarded([.. lines.Select(line => (float)line.Item2)]);
        using var scales = new Guarded([.. lines.Select(line => line.Item3)]);
        Integers.Dequantize(values.Pointer, zeros.Pointer, scales.Pointer, each, lines.Length);
        Assert.Equal(lines.Select((line, i) => (line.Item1 - lines[each ? i : 0].Item2) * lines[each ? i : 0].Item3), values.ToArray());
    });
}
