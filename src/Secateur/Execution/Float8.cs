using TorchSharp;
using static Secateur.Onnx.Proto.TensorProto.Types;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>A float of 8 bits: sign, exponent, mantissa. Its numbers are held as float16, which has them all.</summary>
/// <param name="Mantissa">Bits of the mantissa.</param>
/// <param name="Bias">Of the exponent.</param>
/// <param name="Largest">The largest finite number.</param>
/// <param name="Infinite">Whether there is an infinity.</param>
/// <param name="Unsigned">Whether zero has no sign, and NaN is where −0 would be.</param>
internal sealed record Float8(int Mantissa, int Bias, double Largest, bool Infinite, bool Unsigned)
{
    private static readonly Float8 E4M3Fn = new(3, 7, 448, false, false), E4M3Fnuz = new(3, 8, 240, false, true);
    private static readonly Float8 E5M2 = new(2, 15, 57344, true, false), E5M2Fnuz = new(2, 16, 57344, false, true);

    /// <summary>Null for every other type.</summary>
    public static Float8? Of(DataType type) => type switch
    {
        DataType.Float8E4M3Fn => E4M3Fn,
        DataType.Float8E4M3Fnuz => E4M3Fnuz,
        DataType.Float8E5M2 => E5M2,
        DataType.Float8E5M2Fnuz => E5M2Fnuz,
        _ => null,
    };

    public void Decode(ReadOnlySpan<byte> bytes, Span<Half> numbers)
    {
        for (var i = 0; i < bytes.Length; i++) numbers[i] = (Half)Decode(bytes[i]);
    }

    /// <summary>The nearest number of the format, of two equally near the even one; beyond the largest the largest, or where it does not saturate infinity or NaN.</summary>
    public Tensor Round(Tensor x, bool saturate)
    {
        var (_, exponent) = x.frexp(); // x = m·2^e with m in [0.5, 1)
        var step = ones_like(exponent, ScalarType.Float64).ldexp((exponent - 1).clamp_min(1 - Bias) - Mantissa);
        var rounded = (x.to(ScalarType.Float64) / step).round() * step;
        var beyond = saturate ? rounded.clamp(-Largest, Largest)
            : where(rounded.abs().gt(Largest), Infinite ? rounded.sign() * double.PositiveInfinity : rounded * double.NaN, rounded);
        return beyond.to(ScalarType.Float16);
    }

    private double Decode(byte bits)
    {
        var (exponent, mantissa) = ((bits & 0x7f) >> Mantissa, bits & ((1 << Mantissa) - 1));
        var sign = bits >= 0x80 ? -1.0 : 1;
        if (Unsigned && bits == 0x80) return double.NaN;
        if (!Unsigned && !Infinite && (bits & 0x7f) == 0x7f) return double.NaN;
        if (Infinite && exponent == 31) return mantissa == 0 ? sign * double.PositiveInfinity : double.NaN;
        var fraction = (double)mantissa / (1 << Mantissa);
        return exponent == 0 ? sign * fraction * Math.Pow(2, 1 - Bias) : sign * (1 + fraction) * Math.Pow(2, exponent - Bias);
    }
}
