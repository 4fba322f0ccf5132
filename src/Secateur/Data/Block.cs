using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Secateur.Data;

/// <summary>Bytes that are read in pieces, of any length: in memory, or mapped from a file.</summary>
internal sealed class Block : IDisposable
{
    private readonly SafeBuffer bytes;
    private readonly long start;
    private readonly MemoryMappedFile? mapped;

    private Block(SafeBuffer bytes, long start, long length, MemoryMappedFile? mapped = null) =>
        (this.bytes, this.start, Length, this.mapped) = (bytes, start, length, mapped);

    public long Length { get; }

    /// <summary>Part of a file: read now if it has at most <paramref name="inMemory"/> bytes, mapped otherwise.</summary>
    public static Block Of(string path, long start, long length, long inMemory)
    {
        if (length > inMemory)
        {
            var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            return new Block(file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read).SafeMemoryMappedViewHandle, start, length, file);
        }
        using var stream = File.OpenRead(path);
        stream.Position = start;
        return Of(stream, length);
    }

    /// <summary>The next <paramref name="length"/> bytes of a stream, in memory.</summary>
    /// <exception cref="EndOfStreamException">The stream has fewer.</exception>
    public static Block Of(Stream stream, long length)
    {
        var block = OfSize(length);
        var piece = new byte[Math.Min(length, 1 << 20)];
        for (var done = 0L; done < length;)
        {
            var part = piece.AsSpan(0, (int)Math.Min(piece.Length, length - done));
            stream.ReadExactly(part);
            block.Write(done, part);
            done += part.Length;
        }
        return block;
    }

    public static Block Of(ReadOnlySpan<byte> bytes)
    {
        var block = OfSize(bytes.Length);
        block.Write(0, bytes);
        return block;
    }

    /// <summary>Memory to be written into.</summary>
    public static Block OfSize(long length) => new(new Memory(length), 0, length);

    /// <summary>Copies the bytes from <paramref name="offset"/> on. Several threads may read at once.</summary>
    public void Read(long offset, Span<byte> into)
    {
        Check(offset, into.Length);
        Copy(offset, into, []);
    }

    /// <summary>Into memory only, never into a file. Several threads may write to different places at once.</summary>
    public void Write(long offset, ReadOnlySpan<byte> from)
    {
        Check(offset, from.Length);
        Copy(offset, [], from);
    }

    public void Dispose()
    {
        bytes.Dispose();
        mapped?.Dispose();
    }

    private void Check(long offset, int count)
    {
        if (offset < 0 || offset + count > Length) throw new ArgumentOutOfRangeException(nameof(offset), offset, $"The block has {Length} bytes.");
    }

    // SafeBuffer's own ReadSpan and WriteSpan copy byte by byte: a batch took ten times as long. The reference keeps the memory while it is read.
    private unsafe void Copy(long offset, Span<byte> into, ReadOnlySpan<byte> from)
    {
        byte* first = null;
        bytes.AcquirePointer(ref first);
        try
        {
            var place = first + start + offset;
            new ReadOnlySpan<byte>(place, into.Length).CopyTo(into);
            from.CopyTo(new Span<byte>(place, from.Length));
        }
        finally
        {
            bytes.ReleasePointer();
        }
    }

    /// <summary>Outside of the collector's heap, where an array may have more than 2 GB.</summary>
    private sealed class Memory : SafeBuffer
    {
        public Memory(long length)
            : base(ownsHandle: true)
        {
            SetHandle(Marshal.AllocHGlobal((nint)Math.Max(1, length)));
            Initialize((ulong)Math.Max(1, length));
        }

        protected override bool ReleaseHandle()
        {
            Marshal.FreeHGlobal(handle);
            return true;
        }
    }
}
