using System.IO.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>Tensors in NumPy's npz form, kept bit for bit: <c>numpy.load</c> reads what is written here, and the other way round.</summary>
public static class Npz
{
    // the earliest that zip can say; a fixed time makes equal tensors equal files
    private static readonly DateTimeOffset Time = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes tensors in their order, not compressed; the same tensors give the same bytes.</summary>
    /// <param name="stream">Is left open.</param>
    /// <param name="arrays">Names without <c>.npy</c>, each once; any shape, also []; types that NumPy has (not bfloat16).</param>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> arrays)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var (name, tensor) in arrays)
        {
            using var scope = NewDisposeScope();
            var entry = zip.CreateEntry(name + ".npy", CompressionLevel.NoCompression);
            entry.LastWriteTime = Time;
            using var into = entry.Open();
            into.Write(Npy.Header(tensor.dtype, tensor.shape));
            if (tensor.numel() > 0) into.Write(tensor.detach().contiguous().bytes);
        }
    }

    /// <summary>All arrays of a file, by name; they belong to the caller's dispose scope.</summary>
    /// <exception cref="SecateurException">The file is damaged, or an array is of text; the message names it.</exception>
    public static Dictionary<string, Tensor> Read(string path)
    {
        Dictionary<string, Tensor> read = [];
        using var file = File.OpenRead(path);
        foreach (var entry in ZipEntry.Read(file, path))
        {
            var array = NpzArray.Open(path, entry, inMemory: long.MaxValue);
            using (array.Elements)
            {
                var type = array.Type ?? throw new SecateurException($"{path}: array '{array.Name}' is of text; it can be read as labels only");
                var tensor = empty([.. array.Shape], type);
                if (array.Elements.Length > 0) array.Elements.Read(0, tensor.bytes);
                read.Add(array.Name, tensor);
            }
        }
        return read;
    }
}
