using System.Runtime.InteropServices;
using Secateur.Execution;
using static TorchSharp.torch;

namespace Secateur.Training;

/// <summary>Random shifts and left-right flips of pictures, each picture by its own draw.</summary>
internal static class Augmentation
{
    /// <param name="pictures">float32 or float64 [n, …, height, width], contiguous; anything of fewer than three axes passes unchanged.</param>
    /// <param name="shift">The largest shift along each axis, in pixels; what comes in from outside is 0.</param>
    /// <param name="flip">Whether half of the pictures are mirrored.</param>
    /// <param name="random">Draws for these pictures.</param>
    public static Tensor Apply(Tensor pictures, int shift, bool flip, Random random)
    {
        if ((shift == 0 && !flip) || pictures.dim() < 3) return pictures;
        if (pictures.dtype == ScalarType.Float64) return Apply(pictures.to(ScalarType.Float32), shift, flip, random).to(ScalarType.Float64); // they came as float32
        if (pictures.dtype != ScalarType.Float32) return pictures;
        var moved = zeros_like(pictures);
        var from = MemoryMarshal.Cast<byte, float>(pictures.bytes);
        var to = MemoryMarshal.Cast<byte, float>(moved.bytes);
        var (height, width) = ((int)pictures.shape[^2], (int)pictures.shape[^1]);
        var (plane, each) = (height * width, (int)(pictures.numel() / pictures.shape[0]));
        for (var picture = 0; picture < pictures.shape[0]; picture++)
        {
            var (down, right) = (random.Next(-shift, shift + 1), Math.Clamp(random.Next(-shift, shift + 1), -width, width));
            var mirrored = flip && random.Next(2) == 1;
            for (var start = picture * each; start < (picture + 1) * each; start += plane)
                for (var row = Math.Max(0, down); row < height + Math.Min(0, down); row++)
                {
                    var source = from.Slice(start + (row - down) * width + Math.Max(0, -right), width - Math.Abs(right));
                    var target = to.Slice(start + row * width + Math.Max(0, right), width - Math.Abs(right));
                    source.CopyTo(target);
                    if (mirrored) to.Slice(start + row * width, width).Reverse();
                }
        }
        return moved;
    }

    /// <summary>Pictures that go on from a random column as another of the batch does: lines of new words, scenes of new neighbours. Only a teacher can tell what is to be seen on them.</summary>
    /// <param name="pictures">float32 or float64 [n, …, height, width]; anything of fewer than three axes passes unchanged.</param>
    /// <param name="share">Of the pictures that are joined, in [0, 1].</param>
    /// <param name="random">Draws for these pictures.</param>
    public static Tensor Join(Tensor pictures, double share, Random random)
    {
        if (share == 0 || pictures.dim() < 3 || !TorchTensors.IsLearnable(pictures.dtype) || pictures.shape[0] < 2 || pictures.shape[^1] < 2) return pictures;
        var (count, width) = (pictures.shape[0], pictures.shape[^1]);
        var joined = pictures.clone();
        for (var picture = 0L; picture < count; picture++)
        {
            if (random.NextDouble() >= share) continue;
            var (other, column) = ((picture + random.NextInt64(1, count)) % count, random.NextInt64(1, width));
            joined[picture].narrow(-1, column, width - column).copy_(pictures[other].narrow(-1, column, width - column));
        }
        return joined;
    }
}
