using System.Buffers.Binary;
using System.IO.Compression;
using Secateur.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Secateur.Tests.Data;

/// <summary>A folder that lives as long as a test, and ways to put data into it.</summary>
internal sealed class DataFolder : IDisposable
{
    public DataFolder() => Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"secateur-data-{Guid.NewGuid():N}");

    public string At(string name)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    public string Text(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    public string Npz(string name, params (string Name, Tensor Tensor)[] arrays)
    {
        using var stream = File.Create(At(name));
        Secateur.Data.Npz.Write(stream, arrays.Select(array => KeyValuePair.Create(array.Name, array.Tensor)));
        return At(name);
    }

    /// <summary>An idx file of unsigned bytes; with .gz at the end of its name packed.</summary>
    public void Idx(string name, ReadOnlySpan<byte> data, params ReadOnlySpan<int> shape)
    {
        using var file = File.Create(At(name));
        using var stream = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : (Stream)file;
        stream.Write([0, 0, 8, (byte)shape.Length]);
        Span<byte> word = stackalloc byte[4];
        foreach (var size in shape)
        {
            BinaryPrimitives.WriteInt32BigEndian(word, size);
            stream.Write(word);
        }
        stream.Write(data);
    }

    public DataSet Open(string name, DataOptions? options = null) => DataSet.Open(Path.Combine(Root, name), options ?? new(), TestContext.Current.CancellationToken);

    /// <summary>The message of the error that opening must end with.</summary>
    public string Refusal(string name, DataOptions? options = null) => Assert.Throws<SecateurException>(() => Open(name, options)).Message;

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

internal static class Reading
{
    /// <summary>All of one feature, in order; not for long sets.</summary>
    public static float[] Floats(this Examples examples, string feature)
    {
        using var scope = NewDisposeScope();
        return examples.Count == 0 ? [] : examples.ReadAll()[feature].to(ScalarType.Float32).data<float>().ToArray();
    }

    public static Dictionary<string, Tensor> ReadAll(this Examples examples) =>
        examples.Read([.. Enumerable.Range(0, (int)examples.Count).Select(index => (long)index)]);

    public static bool Same(this Tensor one, Tensor other) =>
        one.dtype == other.dtype && one.shape.SequenceEqual(other.shape) && (one.numel() == 0 || one.contiguous().bytes.SequenceEqual(other.contiguous().bytes));
}
