using Secateur.Execution;
using Secateur.Onnx;
using static TorchSharp.torch;

namespace Secateur.Operators;

/// <summary>
/// ONNX <c>STFT</c>: Fourier transforms of frames of a signal [batch, length, 1 or 2], every <c>frame_step</c>, each times a window; to
/// [batch, frames, frequencies, 2].
/// </summary>
internal sealed class STFT : Operator
{
    public override string WhyWhole => "transforms a signal along it";

    public override Tensor[] Run(Node node, Tensor?[] inputs, Mode mode)
    {
        var (signal, window) = (inputs[0]!.dim() == 2 ? Fourier.Wide(inputs[0]!) : Fourier.Signal(node, inputs[0]!), inputs.ElementAtOrDefault(2));
        var step = node.Ints(inputs[1]!) is [var stride] ? stride : 0;
        var length = inputs.ElementAtOrDefault(3) is { } given ? node.Ints(given) is [var size] ? size : 0 : window?.numel() ?? 0;
        if (signal.dim() != 2 || step < 1 || length < 1 || length > signal.shape[1] || window is not null && !window.shape.AsSpan().SequenceEqual([length]))
            throw node.Error($"cannot cut [{string.Join(", ", signal.shape)}] into frames of {length} every {step}; check the data's shape against the model's inputs");
        var frames = signal.unfold(1, length, step); // [batch, frames, length]
        return [Fourier.Transform(node, window is null ? frames : frames * Fourier.Wide(window), length, 2, inverse: false, node.Flag("onesided", true)).to(inputs[0]!.dtype)];
    }
}
