using System.Runtime.InteropServices;

namespace Secateur.Sparse.Layers;

/// <summary>An <see cref="Ending"/> of whole images, after a convolution has put its sums where they belong.</summary>
internal static unsafe class ImageEnding
{
    private const long LeastWork = 1 << 15; // pixels of a piece

    [StructLayout(LayoutKind.Auto)]
    private struct Job
    {
        public float* Sums;
        public void* Y;
        public Ending Ending;
        public long Planes, Pixels, Pieces;
        public int Outputs;
    }

    /// <param name="ending">What is done.</param>
    /// <param name="sums">[images, outputs, pixels]</param>
    /// <param name="y">The output; the sums themselves where the ending is in place.</param>
    /// <param name="images">How many.</param>
    /// <param name="outputs">Channels.</param>
    /// <param name="pixels">Of a channel.</param>
    /// <param name="workers">Who does it.</param>
    public static void Apply(Ending ending, float* sums, void* y, long images, int outputs, long pixels, Workers workers)
    {
        var planes = images * outputs;
        var job = new Job { Sums = sums, Y = y, Ending = ending, Planes = planes, Pixels = pixels, Outputs = outputs, Pieces = Math.Clamp(planes * pixels / LeastWork, 1, Math.Min(planes, Workers.Pieces)) };
        workers.For(&Piece, (nuint)job.Pieces, &job);
    }

    private static void Piece(void* state, nuint piece)
    {
        var job = (Job*)state;
        var behind = job->Planes * ((long)piece + 1) / job->Pieces;
        for (var plane = job->Planes * (long)piece / job->Pieces; plane < behind; plane++)
            job->Ending.ApplyToOne(job->Sums + plane * job->Pixels, job->Y, plane * job->Pixels, (int)(plane % job->Outputs), job->Pixels);
    }
}
