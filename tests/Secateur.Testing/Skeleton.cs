using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Testing;

/// <summary>A model without its weights, compressed. What is left of a weight is its name, type and shape, and the mean and deviation of its elements, by which a seed fills it again.</summary>
public static class Skeleton
{
    private const int Smallest = 64; // elements; what has fewer stays whole
    private const int Levels = 16;   // so few values are a mask or a table, which stays whole
    private const string Mark = "filled ";

    /// <summary>Empties the model's weights and packs what is left (brotli); the model is not to be used any more.</summary>
    public static byte[] Pack(ModelProto model)
    {
        foreach (var (_, tensor) in Tensors.Of(model))
            if (tensor.Type() == DataType.Float && tensor.Count() > Smallest) Empty(tensor);
        model.DocString = model.Graph.DocString = "";
        model.Graph.ValueInfo.Clear();
        foreach (var node in model.Graph.Node) node.DocString = "";
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, new BrotliCompressionOptions { Quality = 11 })) model.WriteTo(brotli);
        return packed.ToArray();
    }

    /// <summary>The model with random weights of the same means and deviations; all-positive ones (variances, scales) stay positive.</summary>
    public static OnnxModel Unpack(Stream packed, long seed, string path)
    {
        using var brotli = new BrotliStream(packed, CompressionMode.Decompress);
        var model = ModelProto.Parser.ParseFrom(brotli);
        var number = 0;
        foreach (var (_, tensor) in Tensors.Of(model))
        {
            if (tensor.DocString.StartsWith(Mark, StringComparison.Ordinal)) Fill(tensor, (ulong)Seeds.Derive(seed, "skeleton", number));
            number++;
        }
        return new OnnxModel(model, path);
    }

    private static void Empty(TensorProto tensor)
    {
        var values = MemoryMarshal.Cast<byte, float>(tensor.Bytes());
        HashSet<float> distinct = [];
        var (sum, squares, least) = (0.0, 0.0, double.MaxValue);
        foreach (var value in values)
        {
            if (distinct.Count <= Levels) distinct.Add(value);
            (sum, squares, least) = (sum + value, squares + (double)value * value, Math.Min(least, value));
        }
        if (distinct.Count <= Levels) return;
        var mean = sum / values.Length;
        var deviation = Math.Sqrt(Math.Max(0, squares / values.Length - mean * mean));
        tensor.Release();
        tensor.DocString = string.Create(CultureInfo.InvariantCulture, $"{Mark}{mean:G3} {deviation:G3}{(least > 0 ? " positive" : "")}");
    }

    private static void Fill(TensorProto tensor, ulong seed)
    {
        var words = tensor.DocString[Mark.Length..].Split(' ');
        var (mean, deviation) = (double.Parse(words[0], CultureInfo.InvariantCulture), double.Parse(words[1], CultureInfo.InvariantCulture));
        var positive = words.Length > 2;
        var spread = Math.Sqrt(Math.Log(1 + Math.Pow(deviation / mean, 2))); // of the logarithm, where all are positive
        var middle = Math.Log(Math.Abs(mean)) - spread * spread / 2;
        var bytes = new byte[4 * tensor.Count()];
        Parallel.For(0, (bytes.Length + 65535) / 65536, piece =>
        {
            var values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(65536 * piece, Math.Min(65536, bytes.Length - 65536 * piece)));
            for (var i = 0; i < values.Length; i++)
            {
                var normal = Normal(seed + (ulong)(16384L * piece + i) * 0x9e3779b97f4a7c15);
                values[i] = (float)(positive ? Math.Exp(middle + spread * normal) : mean + deviation * normal);
            }
        });
        tensor.RawData = UnsafeByteOperations.UnsafeWrap(bytes);
        tensor.DocString = "";
    }

    /// <summary>Mean 0, deviation 1, within 3.5: the sum of four uniform numbers of 16 bits, all from one mixing of the bits (SplitMix64's).</summary>
    private static double Normal(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        x ^= x >> 31;
        var sum = (x & 0xffff) + (x >> 16 & 0xffff) + (x >> 32 & 0xffff) + (x >> 48);
        return (sum / 65535.0 - 2) * Math.Sqrt(3);
    }
}
