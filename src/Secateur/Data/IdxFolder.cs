using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace Secateur.Data;

/// <summary>A folder in MNIST's form: <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>, the same with <c>t10k</c> for the
/// test part; each may be <c>.gz</c>, and <c>train-images.idx3-ubyte</c> is known too.</summary>
internal sealed partial class IdxFolder : Reader
{
    private const int MostDimensions = 8;
    private const int MostRatio = 1032; // deflate cannot do better, so what claims more is damaged

    public override string Reads => "a folder of idx files (MNIST's form)";

    public override bool Matches(string path) => Directory.Exists(path) && Directory.EnumerateFiles(path).Any(file => Name().IsMatch(file));

    public override Source Open(string path, DataOptions options, CancellationToken cancel)
    {
        // of a file that is there plain and .gz, the plain one
        var files = Directory.GetFiles(path).Order(StringComparer.Ordinal).Select(file => (file, match: Name().Match(file))).Where(pair => pair.match.Success)
            .GroupBy(pair => (Test: pair.match.Groups["part"].Value != "train", Labels: pair.match.Groups["what"].Value == "labels"))
            .ToDictionary(group => group.Key, group => group.First().file);
        var train = Part(files, test: false, path, options, cancel);
        var test = Part(files, test: true, path, options, cancel);
        var labels = Labels.Of([.. train?.Labels ?? [], .. test?.Labels ?? []], path);
        return new Source(train ?? test!, "idx folder", [.. files.Values.Order(StringComparer.Ordinal)])
        {
            Test = train is null ? null : test,
            ClassNames = labels.Names,
        };
    }

    private static Table? Part(Dictionary<(bool Test, bool Labels), string> files, bool test, string folder, DataOptions options, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (!files.TryGetValue((test, false), out var images))
        {
            return files.TryGetValue((test, true), out var alone)
                ? throw new SecateurException($"{alone}: labels without images; put the images' file beside it")
                : null;
        }
        var (shape, pixels) = Read(images, options);
        if (shape.Length < 2) throw new SecateurException($"{images}: has {shape.Length} dimension, pictures have at least 2; take the images' file");
        long[] chw = shape.Length == 3 ? [shape[0], 1, shape[1], shape[2]] : shape;
        var name = Name().Match(images).Groups["name"].Value;
        return new Table([new ArrayColumn("pixels", chw, ScalarType.Byte, pixels)],
            files.TryGetValue((test, true), out var file) ? ReadLabels(file, shape[0], images, options) : null, index => $"{name} #{index}");
    }

    private static ImmutableArray<long> ReadLabels(string file, long examples, string images, DataOptions options)
    {
        var (shape, block) = Read(file, options);
        using (block)
        {
            if (shape is not [var count] || count != examples)
            {
                throw new SecateurException($"{file}: has labels of shape [{string.Join(", ", shape)}] for the {examples} pictures of "
                    + $"{Path.GetFileName(images)}; take files that belong together");
            }
            var bytes = new byte[count];
            block.Read(0, bytes);
            return [.. bytes.Select(value => (long)value)];
        }
    }

    private static (long[] Shape, Block Elements) Read(string file, DataOptions options)
    {
        var zipped = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        using var raw = File.OpenRead(file);
        using var stream = zipped ? new GZipStream(raw, CompressionMode.Decompress) : (Stream)raw;
        try
        {
            var shape = ReadShape(stream, file);
            var bytes = shape.Aggregate((UInt128)1, (product, size) => product * (ulong)size);
            var start = 4 + (4 * shape.Length);
            if (bytes > (UInt128)(zipped ? raw.Length * MostRatio : raw.Length - start)) throw Truncated(file);
            return (shape, zipped ? Block.Of(stream, (long)bytes) : Block.Of(file, start, (long)bytes, options.BytesInMemory));
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException)
        {
            throw Truncated(file);
        }
    }

    private static long[] ReadShape(Stream stream, string file)
    {
        Span<byte> word = stackalloc byte[4];
        stream.ReadExactly(word);
        if (word[0] != 0 || word[1] != 0 || word[2] != 8 || word[3] is 0 or > MostDimensions)
            throw new SecateurException($"{file}: does not start as an idx file of unsigned bytes does (0, 0, 8, dimensions); download it again");
        var shape = new long[word[3]];
        foreach (ref var size in shape.AsSpan())
        {
            stream.ReadExactly(word);
            size = BinaryPrimitives.ReadUInt32BigEndian(word);
        }
        return shape;
    }

    private static SecateurException Truncated(string file) =>
        new($"{file}: holds fewer bytes than its header says, it is truncated or damaged; download it again");

    [GeneratedRegex(@"(?<name>[^/\\]*(?<part>train|t10k|test)[-.](?<what>images|labels))[-.]idx\d[-.]ubyte(\.gz)?$")]
    private static partial Regex Name();
}
