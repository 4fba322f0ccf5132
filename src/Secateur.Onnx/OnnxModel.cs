using System.IO.MemoryMappedFiles;
using Google.Protobuf;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>An ONNX file in memory. Everything that the file says is kept, also what Secateur does not know.</summary>
public sealed class OnnxModel
{
    private const long LargestProtobuf = int.MaxValue;
    private const long Large = 64 << 20;

    private readonly Dictionary<string, long> opsets;

    public OnnxModel(ModelProto proto, string path = "")
    {
        (Proto, Path) = (proto, path);
        opsets = proto.OpsetImport.GroupBy(import => Domain(import.Domain)).ToDictionary(group => group.Key, group => group.Max(import => import.Version));
        Graph = new Graph(this);
    }

    public ModelProto Proto { get; }

    /// <summary>Where the model was read from; empty for a model made in memory. Messages start with it.</summary>
    public string Path { get; }

    public Graph Graph { get; }

    /// <summary>The version of a domain's operator set that the model imports; 1 where it imports none.</summary>
    public long Opset(string domain) => opsets.GetValueOrDefault(Domain(domain), 1);

    /// <exception cref="SecateurException">No such file, no ONNX, truncated, or its graph is broken.</exception>
    public static OnnxModel Load(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (Directory.Exists(path)) throw new SecateurException($"{path}: is a folder; name the .onnx file in it");
            if (!file.Exists) throw new SecateurException($"{path}: no such file; check the path");
            if (file.Length == 0) throw new SecateurException($"{path}: is empty; export the model again");
            if (file.Length > LargestProtobuf)
                throw new SecateurException($"{path}: is over 2 GB, which protobuf cannot hold; export it with external data");
            return new OnnxModel(file.Length < Large ? ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)) : ParseMapped(path, (int)file.Length), path);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new SecateurException($"{path}: is no ONNX file or is truncated; copy or export it again", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SecateurException($"{path}: cannot be read ({e.Message.TrimEnd('.')}); check its permissions", e);
        }
    }

    public void Save(string path)
    {
        Graph.StoreSparse();
        // Google.Protobuf counts bytes in an int and writes a broken file without saying so
        if (Graph.Constants.Values.Sum(tensor => (long)tensor.RawData.Length) > LargestProtobuf - (64 << 20))
            throw new SecateurException($"{path}: the model is over 2 GB, which one ONNX file cannot hold");
        AtomicFile.Write(path, Proto.WriteTo);
    }

    /// <summary>From the file's pages, so that nothing but the model itself is held: parsing a stream keeps every tensor twice for a while.</summary>
    private static unsafe ModelProto ParseMapped(string path, int length)
    {
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        using var view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* first = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref first);
        try
        {
            return ModelProto.Parser.ParseFrom(new ReadOnlySpan<byte>(first + view.PointerOffset, length));
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>The value of a metadata property, or null.</summary>
    public string? Metadata(string key) => Proto.MetadataProps.FirstOrDefault(property => property.Key == key)?.Value;

    public void SetMetadata(string key, string value)
    {
        if (Proto.MetadataProps.FirstOrDefault(property => property.Key == key) is { } property) property.Value = value;
        else Proto.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
    }

    private static string Domain(string domain) => domain is "ai.onnx" ? "" : domain;
}
