using System.Collections.Immutable;
using System.Globalization;
using Secateur.Onnx;
using Secateur.Onnx.Proto;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Execution;

/// <summary>A tensor of texts, which LibTorch has no form for: it passes from node to node outside of it.</summary>
/// <param name="Shape">Of the tensor.</param>
/// <param name="Elements">In row-major order.</param>
internal sealed record Texts(ImmutableArray<long> Shape, ImmutableArray<string> Elements) : IDisposable
{
    public static Texts Of(TensorProto proto) => new([.. proto.Dims], [.. proto.StringData.Select(text => text.ToStringUtf8())]);

    /// <summary>Numbers as the shortest texts that are read as the same numbers.</summary>
    public static Texts Of(Tensor numbers)
    {
        using var scope = NewDisposeScope();
        var flat = numbers.detach().contiguous();
        return new([.. numbers.shape], numbers.dtype switch
        {
            ScalarType.Float64 => [.. flat.data<double>().Select(Text)],
            ScalarType.Bool => [.. flat.data<bool>().Select(flag => flag ? "1" : "0")],
            _ when numbers.is_floating_point() => [.. flat.to(ScalarType.Float32).data<float>().Select(number => Text(number))],
            _ => [.. flat.to(ScalarType.Int64).data<long>().Select(number => number.ToString(CultureInfo.InvariantCulture))],
        });

        static string Text<T>(T number) where T : IFormattable => number.ToString("R", CultureInfo.InvariantCulture) switch
        {
            "Infinity" => "INF",
            "-Infinity" => "-INF",
            var text => text.Replace('E', 'e'),
        };
    }

    /// <summary>The numbers that the texts say.</summary>
    /// <exception cref="SecateurException">One says none; the message names it and the node.</exception>
    public Tensor ToNumbers(Node node, ScalarType type)
    {
        long[] shape = [.. Shape];
        return type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64
            ? tensor([.. Elements.Select(Real)], shape, ScalarType.Float64).to(type)
            : tensor([.. Elements.Select(Whole)], shape, ScalarType.Int64).to(type);

        double Real(string text) => text.Trim().ToUpperInvariant() switch
        {
            "INF" or "+INF" or "INFINITY" => double.PositiveInfinity,
            "-INF" or "-INFINITY" => double.NegativeInfinity,
            "NAN" or "-NAN" => double.NaN,
            var number => double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw Wrong(text),
        };

        long Whole(string text) => long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Wrong(text);

        SecateurException Wrong(string text) => node.Error($"the text '{(text.Length > 40 ? text[..40] : text)}' is no number of type {type}; check the data");
    }

    public void Dispose()
    {
        // the collector's
    }
}
