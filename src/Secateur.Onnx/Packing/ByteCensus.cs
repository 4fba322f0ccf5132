namespace Secateur.Onnx.Packing;

/// <summary>What a weight of bytes holds.</summary>
/// <param name="Nonzero">Elements that are not their output's zero point.</param>
/// <param name="LargestSum">Over which no sum of an output's can go, whatever bytes it is multiplied by and whatever their zero point.</param>
internal readonly record struct ByteCensus(long Nonzero, long LargestSum)
{
    /// <param name="elements">[outputs, all else], or where it is turned the other way round.</param>
    /// <param name="isSigned">Whether they are from −128 to 127.</param>
    /// <param name="zeros">[outputs]</param>
    /// <param name="isTurned">As told.</param>
    public static ByteCensus Of(ReadOnlySpan<byte> elements, bool isSigned, ReadOnlySpan<byte> zeros, bool isTurned)
    {
        var nonzero = 0L;
        var (pluses, minuses) = (new long[zeros.Length], new long[zeros.Length]);
        var line = isTurned ? zeros.Length : elements.Length / zeros.Length;
        for (var first = 0; first < elements.Length; first += line)
            for (var i = 0; i < line; i++)
            {
                var row = isTurned ? i : first / line;
                var (element, zero) = (elements[first + i], zeros[row]);
                if (element == zero) continue;
                nonzero++;
                var number = isSigned ? (sbyte)element - (sbyte)zero : element - zero;
                if (number > 0) pluses[row] += number;
                else minuses[row] -= number;
            }
        return new(nonzero, byte.MaxValue * Math.Max(pluses.Max(), minuses.Max()));
    }
}
