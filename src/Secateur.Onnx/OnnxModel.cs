using System.Collections.Immutable;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Google.Protobuf;
using Secateur.Onnx.Packing;
using Secateur.Onnx.Proto;

namespace Secateur.Onnx;

/// <summary>An ONNX file in memory. Everything that the file says is kept, also what Secateur does not know.</summary>
public sealed class OnnxModel
{
    private const long LargestProtobuf = int.MaxValue;
    private const long Large = 64 << 20;
    private const string TooLarge = "its texts and small tensors are over 2 GB, which one ONNX file cannot hold; split the model";

    private readonly Dictionary<string, long> opsets;

    public OnnxModel(ModelProto proto, string path = "")
    {
        (Proto, Path) = (proto, path);
        Functions.Inline(proto, path);
        opsets = proto.OpsetImport.GroupBy(import => Domain(import.Domain)).ToDictionary(group => group.Key, group => group.Max(import => import.Version));
        Graph = new Graph(this);
    }

    /// <summary>As the file holds it, but with external data brought in, and with the bodies of local functions in the place of their calls.</summary>
    public ModelProto Proto { get; }

    /// <summary>Where the model was read from; empty for a model made in memory. Messages start with it.</summary>
    public string Path { get; }

    public Graph Graph { get; }

    /// <summary>The version of a domain's operator set that the model imports; 1 where it imports none.</summary>
    public long Opset(string domain) => opsets.GetValueOrDefault(Domain(domain), 1);

    /// <exception cref="SecateurException">No such file, no ONNX, truncated, or its graph is broken.</exception>
    public static OnnxModel Load(string path)
    {
        var (proto, data) = Read(path);
        return new OnnxModel(proto, path) { Files = [path, .. data] };
    }

    /// <summary>What the file says, external data brought in, and the files of these; the graph is not looked at.</summary>
    internal static (ModelProto Proto, ImmutableArray<string> Data) Read(string path) => Read(path, out _);

    /// <inheritdoc cref="Read(string)"/>
    /// <param name="path">The .onnx file.</param>
    /// <param name="wasPacked">Whether it was packed for the provider; it is not any more.</param>
    internal static (ModelProto Proto, ImmutableArray<string> Data) Read(string path, out bool wasPacked)
    {
        try
        {
            var file = new FileInfo(path);
            if (Directory.Exists(path)) throw new SecateurException($"{path}: is a folder; name the .onnx file in it");
            if (!file.Exists) throw new SecateurException($"{path}: no such file; check the path");
            if (file.Length == 0) throw new SecateurException($"{path}: is empty; export the model again");
            if (file.Length > LargestProtobuf)
                throw new SecateurException($"{path}: is over 2 GB, which protobuf cannot hold; export it with external data");
            if (PackedModel.Is(path)) throw new SecateurException($"{path}: is a packed model; unpack it first: secateur unpack {path} -o model.onnx");
            var proto = file.Length < Large ? ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)) : ParseMapped(path, (int)file.Length);
            var data = ExternalData.Read(proto, path);
            wasPacked = ProviderModel.Is(proto);
            ProviderModel.Unpack(proto, path);
            return (proto, data);
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

    /// <summary>Writes the model as one file; or where it came with external data or is over 2 GB, with one data file beside it, named as the model with <c>.data</c> after it.</summary>
    /// <remarks>A process killed between the renames of the two files leaves new data and the old model.</remarks>
    /// <exception cref="SecateurException">The folder cannot be written.</exception>
    public void Save(string path)
    {
        Graph.StoreSparse();
        Files = Write(Proto, path, IsSplit);
    }

    /// <summary>The files that it wrote.</summary>
    internal static ImmutableArray<string> Write(ModelProto model, string path, bool isSplit)
    {
        using var data = isSplit ? new DataFile(model, System.IO.Path.GetFileName(path) + ".data") : null;
        CheckSize(model, path, TooLarge);
        if (data is null) AtomicFile.Write(path, stream => model.WriteTo(stream));
        else AtomicFile.Write((path + ".data", data.WriteTo), (path, stream => model.WriteTo(stream)));
        return data is null ? [path] : [path, path + ".data"];
    }

    /// <summary>The files that the model was read from or last saved to: the .onnx file, then those of its external data. Empty for a model made in memory.</summary>
    public ImmutableArray<string> Files { get; private set; } = [];

    /// <summary>Bytes that it would take now, saved as <c>model.onnx</c>; its data file counts.</summary>
    public long Bytes
    {
        get
        {
            using var data = IsSplit ? new DataFile(Proto, "model.onnx.data") : null;
            CheckSize(Path);
            return Proto.CalculateSize() + (data?.Length ?? 0);
        }
    }

    /// <summary>SHA-256, in hexadecimal, of what would be written now.</summary>
    public string Hash()
    {
        Graph.StoreSparse();
        using var data = IsSplit ? new DataFile(Proto, "model.onnx.data") : null;
        CheckSize(Path);
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
        {
            data?.WriteTo(stream);
            Proto.WriteTo(stream);
        }
        return Convert.ToHexStringLower(hash.Hash!);
    }

    /// <summary>The model read anew from <see cref="Proto"/>, after that was changed.</summary>
    public OnnxModel Reread()
    {
        Graph.StoreSparse();
        return new(Proto, Path) { Files = Files };
    }

    private bool IsSplit => Files.Length > 1 || IsLarge(Proto);

    /// <summary>Whether it is too large for one file.</summary>
    internal static bool IsLarge(ModelProto model) => Tensors.Of(model).Sum(one => Tensors.Bytes(one.Tensor)) > LargestProtobuf - Large;

    private void CheckSize(string path) => CheckSize(Proto, path, TooLarge);

    /// <summary>Google.Protobuf counts bytes in an int and writes a broken file without saying so.</summary>
    internal static void CheckSize(ModelProto model, string path, string message)
    {
        if (IsLarge(model)) throw new SecateurException($"{path}: {message}");
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

    /// <summary>ONNX's own domain has two names.</summary>
    internal static string Domain(string domain) => domain is "ai.onnx" ? "" : domain;
}
