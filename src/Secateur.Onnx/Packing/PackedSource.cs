namespace Secateur.Onnx.Packing;

/// <summary>A file that is to be packed.</summary>
internal sealed class PackedSource(string path, string name, IEnumerable<Piece> tensors)
{
    public string Path => path;

    public string Name => name;

    public long Length { get; } = new FileInfo(path).Length;

    /// <summary>The file from its first byte to its last.</summary>
    /// <exception cref="SecateurException">It cannot be read, or became shorter meanwhile.</exception>
    public IEnumerable<(Elements Elements, byte[] Bytes)> Blocks()
    {
        using var file = Try(() => File.OpenHandle(path, options: FileOptions.SequentialScan));
        foreach (var piece in Piece.Whole(tensors, Length))
        {
            for (var done = 0L; done < piece.Length;)
            {
                var bytes = new byte[Math.Min(piece.Length - done, Block.MostBytes)];
                var offset = piece.Offset + done;
                for (var filled = 0; filled < bytes.Length;)
                {
                    var read = Try(() => RandomAccess.Read(file, bytes.AsSpan(filled), offset + filled));
                    if (read == 0) throw new SecateurException($"{path}: became shorter while it was packed; wait until it is written");
                    filled += read;
                }
                done += bytes.Length;
                yield return (piece.Elements, bytes);
            }
        }
    }

    private T Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SecateurException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); check its permissions", e);
        }
    }
}
