using CsCheck;
using Secateur.Onnx.Packing;

namespace Secateur.Onnx.Tests.Packing;

/// <summary>Bytes of elements as pruned weights have them, and as they should not be: NaN with payloads, denormals, negative zeros.</summary>
internal static class SparseBytes
{
    public static readonly Elements[] Kinds = Enum.GetValues<Elements>();

    /// <param name="elements">The kind.</param>
    /// <param name="count">Elements.</param>
    /// <param name="seed">Decides how many are zero, negative zero, from a few values, or anything.</param>
    public static byte[] Of(Elements elements, int count, int seed)
    {
        var (random, width) = (new Random(seed), Piece.Width(elements));
        var bytes = new byte[count * width];
        var sparsity = random.Next(7) switch { 0 => 0, 1 => 0.03, 2 => 0.5, 3 => 0.9, 4 => 0.99, 5 => 0.9999, _ => 1 };
        var negatives = random.Next(3) == 0 ? 0.5 : 0;
        var few = random.Next(4) == 0;
        for (var i = 0; i < count; i++)
        {
            var element = bytes.AsSpan(i * width, width);
            if (random.NextDouble() < sparsity)
            {
                if (random.NextDouble() < negatives) element[^1] = 0x80;
                continue;
            }
            random.NextBytes(element);
            if (few) element[..^1].Clear();
            if (random.Next(20) == 0) element[1..].Clear(); // denormals of floats
            if (random.Next(20) == 0 && width > 1) (element[^1], element[^2]) = (0x7F, 0xFF); // NaN of most floats, with a payload
        }
        return bytes;
    }

    public static Gen<(Elements Elements, byte[] Bytes)> Any { get; } =
        Gen.Select(Gen.Int[0, Kinds.Length - 1].Select(which => Kinds[which]), Gen.Int[1, 3000], Gen.Int).Select((elements, count, seed) => (elements, Of(elements, count, seed)));
}
