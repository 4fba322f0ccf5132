using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Secateur.Onnx.Packing;

/// <summary>The container <c>.secz</c>: a model's files, packed so that <see cref="Unpack"/> gives them back bit for bit.</summary>
/// <remarks>
/// A head (<see cref="PackedHeader"/>), then of each file its blocks (<see cref="Block"/>), each behind its length; external data comes before the
/// model. Files are cut where the elements of their tensors begin and end, so that whatever else they hold is kept too. No more than some
/// blocks are held at a time, however large the model.
/// </remarks>
public static class PackedModel
{
    public const string Extension = ".secz";

    internal const int MostThreads = 64; // each holds some blocks

    /// <summary>Whether a file starts as a packed model does; false for one that cannot be read.</summary>
    public static bool Is(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var start = new byte[8];
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && PackedHeader.Begins(start);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return false;
        }
    }

    /// <param name="path">An ONNX file; its external data is packed with it.</param>
    /// <param name="target">The file to write.</param>
    /// <param name="threads">Blocks packed at a time; the result is the same.</param>
    /// <param name="progress">The fraction done.</param>
    /// <param name="cancel">Looked at between blocks.</param>
    /// <returns>What was packed, the model last.</returns>
    /// <exception cref="SecateurException">The file is no model, or its external data is not there; or the target cannot be written.</exception>
    public static ImmutableArray<PackedFile> Pack(string path, string target, int threads, IProgress<double>? progress, CancellationToken cancel)
    {
        var sources = Sources(path);
        if (sources.Any(source => source.Path == Path.GetFullPath(target))) throw new SecateurException($"{target}: is a file of the model that is to be packed; name another");
        var packed = sources.Select(source => new PackedFile(source.Name, source.Length, new string('0', 64))).ToArray();
        var (done, total) = (0L, packed.Sum(file => file.Bytes));
        AtomicFile.Write(target, stream =>
        {
            stream.Write(PackedHeader.Write(packed));
            foreach (var (index, source) in sources.Index())
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                foreach (var blocks in source.Blocks().Chunk(Math.Min(threads, MostThreads)))
                {
                    cancel.ThrowIfCancellationRequested();
                    foreach (var block in blocks) hash.AppendData(block.Bytes);
                    foreach (var block in blocks.AsParallel().AsOrdered().WithDegreeOfParallelism(blocks.Length).Select(block => Block.Pack(block.Bytes, block.Elements)))
                    {
                        stream.Write(BitConverter.GetBytes(block.Length));
                        stream.Write(block);
                    }
                    progress?.Report((double)(done += blocks.Sum(block => (long)block.Bytes.Length)) / total);
                }
                packed[index] = packed[index] with { Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()) };
            }
            stream.Position = 0;
            stream.Write(PackedHeader.Write(packed));
        });
        return [.. packed];
    }

    /// <summary>Writes the model to <paramref name="target"/>, and external data beside it, under the names by which the model looks for it.</summary>
    /// <param name="path">A <c>.secz</c> file.</param>
    /// <param name="target">The ONNX file to write.</param>
    /// <param name="threads">Blocks unpacked at a time.</param>
    /// <param name="progress">The fraction done.</param>
    /// <param name="cancel">Looked at between blocks.</param>
    /// <returns>What was written, the model last.</returns>
    /// <exception cref="SecateurException">The file is damaged, or what it holds cannot be written there; then nothing is.</exception>
    public static ImmutableArray<PackedFile> Unpack(string path, string target, int threads, IProgress<double>? progress, CancellationToken cancel)
    {
        if (Directory.Exists(path)) throw new SecateurException($"{path}: is a folder; name the {Extension} file in it");
        if (!File.Exists(path)) throw new SecateurException($"{path}: no such file; check the path");
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            return new PackedReader(path, stream).Unpack(target, threads, progress, cancel);
        }
        catch (InvalidDataException e)
        {
            throw new SecateurException($"{path}: {e.Message}", e);
        }
        catch (EndOfStreamException e)
        {
            throw PackedReader.Truncated(path, e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SecateurException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); check its permissions", e);
        }
    }

    private static List<PackedSource> Sources(string path)
    {
        if (Directory.Exists(path)) throw new SecateurException($"{path}: is a folder; name the .onnx file in it");
        if (!File.Exists(path)) throw new SecateurException($"{path}: no such file; check the path");
        if (Is(path)) throw new SecateurException($"{path}: is packed already; secateur unpack {path} -o model.onnx gives the model back");
        if (new FileInfo(path).Length == 0) throw new SecateurException($"{path}: is empty; export the model again");
        var scan = TensorScan.Of(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return
        [
            .. ExternalData.Find(scan.Outside, path).OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => new PackedSource(
                file.Key, Path.GetRelativePath(folder, file.Key), file.Value.Select(stretch => new Piece(stretch.Offset, stretch.Length, Piece.Of(stretch.Tensor.Type()))))),
            new PackedSource(Path.GetFullPath(path), Path.GetFileName(path), scan.Inside),
        ];
    }
}
