using Secateur.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>Signals whose last axis is 1 (real) or 2 (real and imaginary part), and their Fourier transforms.</summary>
internal static class Fourier
{
    /// <summary>Without its last axis: real, or complex; of float32 where it is of half precision, which has no transform.</summary>
    public static Tensor Signal(Node node, Tensor x) => x.shape switch
    {
        [.., _, 1] => Wide(x).squeeze(-1),
        [.., _, 2] => view_as_complex(Wide(x).contiguous()),
        var shape => throw node.Error($"its signal has shape [{string.Join(", ", shape)}], a last axis of 1 or 2 after others is needed; check the data's shape"),
    };

    /// <summary>As float32 where it is of half precision.</summary>
    public static Tensor Wide(Tensor x) => x.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? x.to(ScalarType.Float32) : x;

    /// <summary>The transform along an axis, cut or filled with zeros to a length; with a last axis of 2.</summary>
    /// <param name="node">The node, for messages.</param>
    /// <param name="signal">Real or complex.</param>
    /// <param name="length">Of the transform, at least 1.</param>
    /// <param name="axis">Of the signal.</param>
    /// <param name="inverse">Whether it is the inverse, divided by the length.</param>
    /// <param name="half">Whether only the first length/2 + 1 frequencies are wanted.</param>
    public static Tensor Transform(Node node, Tensor signal, long length, long axis, bool inverse, bool half)
    {
        if (length < 1) throw node.Error($"its transform has length {length}; 1 is the least, check the data's shape");
        var all = inverse ? fft.ifft(signal, length, axis) : fft.fft_(signal, length, axis);
        return view_as_real((half ? all.narrow(axis, 0, length / 2 + 1) : all).resolve_conj());
    }
}
