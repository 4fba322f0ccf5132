using System.Text;

namespace Secateur.Data;

/// <summary>Where the lines of a file lie, so that any one of them can be read alone.</summary>
internal sealed class LineIndex(string path, long inMemory) : IDisposable
{
    private const int Longest = 1 << 28;
    private readonly Block block = Block.Of(path, 0, new FileInfo(path).Length, inMemory);
    private readonly List<long> starts = [];
    private readonly List<int> lengths = [];

    public int Count => starts.Count;

    /// <summary>The line's bytes, without its end.</summary>
    public byte[] this[long index]
    {
        get
        {
            var bytes = new byte[lengths[(int)index]];
            block.Read(starts[(int)index], bytes);
            return bytes;
        }
    }

    /// <summary>All lines of a UTF-8 file that are not empty.</summary>
    /// <param name="path">With or without a byte order mark.</param>
    /// <param name="inMemory">Files of more bytes are mapped instead of read.</param>
    /// <param name="cancel">Looked at for each megabyte.</param>
    public static LineIndex Of(string path, long inMemory, CancellationToken cancel)
    {
        var lines = new LineIndex(path, inMemory);
        var piece = new byte[1 << 20];
        var (start, last) = (0L, (byte)0);
        for (var at = 0L; at < lines.block.Length; at += piece.Length)
        {
            cancel.ThrowIfCancellationRequested();
            var part = piece.AsSpan(0, (int)Math.Min(piece.Length, lines.block.Length - at));
            lines.block.Read(at, part);
            if (at == 0 && part.StartsWith(Encoding.UTF8.Preamble)) start = Encoding.UTF8.Preamble.Length;
            for (var i = 0; i < part.Length; last = part[i++])
            {
                if (part[i] != '\n') continue;
                lines.Add(start, at + i - start - (last == '\r' ? 1 : 0));
                start = at + i + 1;
            }
        }
        lines.Add(start, lines.block.Length - start);
        return lines;
    }

    public void Add(long start, long length)
    {
        if (length <= 0) return;
        if (length > Longest) throw new SecateurException($"{path}: line {Count + 1} is longer than 256 MB; check that the file is text");
        starts.Add(start);
        lengths.Add((int)length);
    }

    public void Dispose() => block.Dispose();
}
