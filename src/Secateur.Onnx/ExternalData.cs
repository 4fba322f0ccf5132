using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using Microsoft.Win32.SafeHandles;
using Secateur.Onnx.Proto;
using static Secateur.Onnx.Proto.TensorProto.Types;

namespace Secateur.Onnx;

/// <summary>ONNX's external data: tensors whose elements are in other files, each named in its model relative to the model's folder.</summary>
internal static class ExternalData
{
    /// <summary>Brings the elements of all such tensors into the model. Each stretch of a file is read once, straight into its own memory.</summary>
    /// <remarks>The files are not mapped: the process would end if another one cut a mapped file short.</remarks>
    /// <returns>The files that were read, each once.</returns>
    /// <exception cref="SecateurException">
    /// A file outside of the model's folder, absent, or shorter than the model says; the message names the tensor and the file. Nothing is
    /// allocated before sizes are checked.
    /// </exception>
    public static ImmutableArray<string> Read(ModelProto model, string modelPath)
    {
        var files = Find(Tensors.Of(model).Where(one => one.Tensor.DataLocation == DataLocation.External), modelPath);
        foreach (var (file, stretches) in files) Fill(stretches, modelPath, file);
        return [.. files.Keys];
    }

    /// <summary>Where the elements of tensors lie, by the file's path, in the file's order; nothing of them is read.</summary>
    /// <exception cref="SecateurException">As of <see cref="Read"/>.</exception>
    public static Dictionary<string, List<Stretch>> Find(IEnumerable<(string Name, TensorProto Tensor)> outside, string modelPath)
    {
        Dictionary<string, List<Stretch>> files = [];
        foreach (var (name, tensor) in outside)
        {
            var file = Locate(Entry(tensor, "location") ?? "", modelPath, why => new($"{modelPath}: tensor '{name}' keeps its data in '{Entry(tensor, "location")}', {why}"));
            if (!File.Exists(file)) throw new SecateurException($"{modelPath}: tensor '{name}' keeps its data in '{Entry(tensor, "location")}', which is not there; copy it beside the model");
            if (!files.TryGetValue(file, out var stretches)) files[file] = stretches = [];
            stretches.Add(Place(tensor, name, modelPath, file));
        }
        foreach (var (file, stretches) in files) CheckOverlap(stretches, modelPath, file);
        return files;
    }

    /// <summary>The path of a data file, which may not be there; it lies under the model's folder, and no link leads to it.</summary>
    /// <param name="location">Relative to the model's folder.</param>
    /// <param name="modelPath">The .onnx file.</param>
    /// <param name="refused">What is thrown, from the fault and the mend.</param>
    internal static string Locate(string location, string modelPath, Func<string, SecateurException> refused)
    {
        if (location.Length == 0) throw refused("which names no file; export the model again");
        if (location.AsSpan().ContainsAny("\\:\0\r\n") || Path.IsPathRooted(location) || location.Split('/').Contains(".."))
            throw refused("which may lie outside the model's folder; put the data beside the model and name it so");
        var place = Path.GetDirectoryName(Path.GetFullPath(modelPath))!;
        foreach (var part in location.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            place = Path.Combine(place, part);
            if (new FileInfo(place).LinkTarget is not null) throw refused("which is reached through a symbolic link; put the file itself beside the model");
        }
        return place;
    }

    private static Stretch Place(TensorProto tensor, string name, string modelPath, string file)
    {
        SecateurException Damaged(string what) => new($"{modelPath}: tensor '{name}' {what}; copy or export the model and its data again");
        var (offset, length) = (Number("offset") ?? 0, TensorData.PackedBytes(tensor, name, modelPath));
        if (length < 0) throw Damaged($"is of type {tensor.Type()}, which cannot lie in another file");
        if (Number("length") is { } told && told != length) throw Damaged($"has shape [{string.Join(", ", tensor.Dims)}] but {told} bytes in '{Path.GetFileName(file)}'");
        var size = new FileInfo(file).Length;
        if (offset < 0 || length > size || offset > size - length)
            throw Damaged($"takes {length} bytes from {offset} on of '{Path.GetFileName(file)}', which has {size}");
        if (length > Array.MaxLength) throw new SecateurException($"{modelPath}: tensor '{name}' is of {length} bytes, over the 2 GB that one tensor can have; split it");
        return new(tensor, name, offset, length);

        long? Number(string key) => Entry(tensor, key) is not { } text ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Damaged($"has the {key} '{text}', which is no number");
    }

    /// <summary>Tensors may share a stretch, but not parts of one: a small file could claim much memory so.</summary>
    private static void CheckOverlap(List<Stretch> stretches, string modelPath, string file)
    {
        stretches.Sort((one, other) => (one.Offset, one.Length).CompareTo((other.Offset, other.Length)));
        var last = default(Stretch);
        foreach (var stretch in stretches.Where(stretch => stretch.Length > 0))
        {
            if (last.Length > 0 && stretch.Offset < last.Offset + last.Length && (stretch.Offset, stretch.Length) != (last.Offset, last.Length))
                throw new SecateurException($"{modelPath}: tensors '{last.Name}' and '{stretch.Name}' overlap in '{Path.GetFileName(file)}'; export the model again");
            last = stretch;
        }
    }

    private static void Fill(List<Stretch> stretches, string modelPath, string file)
    {
        try
        {
            using var handle = File.OpenHandle(file);
            var last = (Offset: -1L, Length: 0L, Bytes: ByteString.Empty);
            foreach (var stretch in stretches)
            {
                if ((stretch.Offset, stretch.Length) != (last.Offset, last.Length)) last = (stretch.Offset, stretch.Length, Bytes(handle, stretch));
                stretch.Tensor.RawData = last.Bytes;
                stretch.Tensor.ExternalData.Clear();
                stretch.Tensor.ClearDataLocation();
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or OutOfMemoryException)
        {
            throw new SecateurException($"{modelPath}: its data '{Path.GetFileName(file)}' cannot be read ({e.Message.TrimEnd('.')}); check its permissions and the free memory", e);
        }
    }

    private static ByteString Bytes(SafeFileHandle file, Stretch stretch)
    {
        var bytes = GC.AllocateUninitializedArray<byte>((int)stretch.Length);
        for (var done = 0; done < bytes.Length;)
        {
            var read = RandomAccess.Read(file, bytes.AsSpan(done), stretch.Offset + done);
            if (read == 0) throw new IOException("it became shorter while it was read");
            done += read;
        }
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.LastOrDefault(entry => entry.Key == key)?.Value;

    /// <summary>The elements of a tensor in a data file.</summary>
    internal readonly record struct Stretch(TensorProto Tensor, string Name, long Offset, long Length);
}
