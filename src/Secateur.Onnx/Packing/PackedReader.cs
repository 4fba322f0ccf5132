using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Secateur.Onnx.Packing;

/// <summary>Gives back what <see cref="PackedModel.Pack"/> packed.</summary>
/// <remarks>Whatever the file says, it is refused in a line or gives the bytes whose SHA-256 it holds; no memory is taken for what is not there.</remarks>
internal sealed class PackedReader
{
    private const int SmallestBlock = 14; // bytes, with its length before it
    private const int LargestBlock = Block.MostBytes + (1 << 10); // nothing is packed to more

    private readonly string path;
    private readonly Stream stream;
    private readonly ImmutableArray<PackedFile> files;

    /// <exception cref="InvalidDataException">The head is damaged.</exception>
    /// <exception cref="EndOfStreamException">The file ends in its head.</exception>
    public PackedReader(string path, Stream stream)
    {
        (this.path, this.stream) = (path, stream);
        files = PackedHeader.Read(stream);
    }

    public static SecateurException Truncated(string path, Exception cause) => new($"{path}: is truncated; copy it or pack the model again", cause);

    public ImmutableArray<PackedFile> Unpack(string target, int threads, IProgress<double>? progress, CancellationToken cancel)
    {
        var total = files.Aggregate((UInt128)0, (sum, file) => sum + (ulong)file.Bytes);
        if (total > (UInt128)(stream.Length / SmallestBlock) * Block.MostBytes)
            throw new SecateurException($"{path}: says that it holds {total} bytes, which a file of {stream.Length} cannot; copy it or pack the model again");
        var places = files.Select((file, index) => index == files.Length - 1 ? target : Beside(file.Name, target)).ToArray();
        if (places.Select(Path.GetFullPath).Distinct().Count() < places.Length)
            throw new SecateurException($"{path}: the model's data has the name that the model is to get, '{Path.GetFileName(target)}'; give the model another name");
        AtomicFile.Probe(target);
        if (new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(target))!).AvailableFreeSpace is var free && total > (UInt128)free)
            throw new SecateurException($"{path}: takes {total} bytes unpacked, and {free} are free where '{target}' is to be; free some or name another folder");
        foreach (var place in places[..^1]) AtomicFile.Probe(place);
        var done = 0L;
        AtomicFile.Write([.. files.Zip(places, (file, place) => (place, (Action<Stream>)(output => Write(file, output))))]);
        return files;

        void Write(PackedFile file, Stream output)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var written = 0L;
            while (written < file.Bytes)
            {
                cancel.ThrowIfCancellationRequested();
                foreach (var bytes in Blocks(file.Bytes - written, threads))
                {
                    if (bytes.Length == 0 || bytes.Length > file.Bytes - written) throw Damaged();
                    hash.AppendData(bytes);
                    output.Write(bytes);
                    written += bytes.Length;
                }
                progress?.Report((double)(done + written) / (double)total);
            }
            done += written;
            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256) throw Damaged();
            if (file == files[^1] && stream.Position != stream.Length) throw Damaged();
        }
    }

    /// <summary>The next blocks, unpacked side by side; as many as there are threads, or fewer where these give all that is missing.</summary>
    private byte[][] Blocks(long missing, int threads)
    {
        try
        {
            List<byte[]> packed = [];
            for (var told = 0L; packed.Count < Math.Min(threads, PackedModel.MostThreads) && told < missing; told += Block.Length(packed[^1])) packed.Add(Next());
            return [.. packed.AsParallel().AsOrdered().WithDegreeOfParallelism(packed.Count).Select(block => Block.Unpack(block))];
        }
        catch (Exception e) when (e is InvalidDataException or AggregateException { InnerException: InvalidDataException })
        {
            throw Damaged(e);
        }
        catch (EndOfStreamException e)
        {
            throw Truncated(path, e);
        }
        catch (IOException e)
        {
            throw new SecateurException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); check the disk", e);
        }
    }

    private byte[] Next()
    {
        Span<byte> length = stackalloc byte[4];
        stream.ReadExactly(length);
        var bytes = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (bytes is < SmallestBlock - 4 or > LargestBlock) throw BlockReader.Damaged();
        if (bytes > stream.Length - stream.Position) throw new EndOfStreamException();
        var block = new byte[bytes];
        stream.ReadExactly(block);
        return block;
    }

    /// <summary>Where external data goes: below the model's folder, and over nothing.</summary>
    private string Beside(string name, string target)
    {
        SecateurException Refused(string why) => new($"{path}: holds data named '{name}', {why}");
        var place = ExternalData.Locate(name, target, Refused);
        return File.Exists(place) || Directory.Exists(place) ? throw Refused($"and '{place}' is there already; remove it or unpack into another folder") : place;
    }

    private SecateurException Damaged(Exception? cause = null) => new($"{path}: is damaged, it does not give the bytes that were packed; copy it or pack the model again", cause);
}
