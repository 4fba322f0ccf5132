using System.IO.Compression;
using System.Security.Cryptography;
using Secateur.Execution;
using Secateur.Onnx;
using Secateur.Structure;
using static TorchSharp.torch;

namespace Secateur.Evaluation;

/// <summary>Measuring a model's file.</summary>
public static class ModelFile
{
    /// <summary>Hash, sizes and counts of a model as it lies on disk, its external data counted in. The files are streamed for their hash and their gzip size.</summary>
    /// <param name="path">The .onnx file.</param>
    /// <param name="inputs">Shapes by input name, as for <see cref="Inspection.Of"/>.</param>
    /// <exception cref="SecateurException">The file is no model that can be run.</exception>
    public static ModelFacts Facts(string path, IReadOnlyDictionary<string, long[]>? inputs = null)
    {
        var model = OnnxModel.Load(path);
        using var network = new Network(Dequantized.Of(model) ?? model, takesOver: true);
        return Facts(path, network, inputs);
    }

    /// <summary>The same for a file whose model is a network already.</summary>
    public static ModelFacts Facts(string path, Network network, IReadOnlyDictionary<string, long[]>? inputs = null)
    {
        using var scope = NewDisposeScope();
        var learned = LearnedTensor.Of(network.Model).Select(tensor => network.Constants[tensor.Name]).ToArray();
        var (sha256, bytes, gzip) = Digest(network.Model.Files is [var own, ..] files && own == path ? files : [path]);
        return new(path, sha256, bytes, gzip, learned.Sum(tensor => tensor.numel()), learned.Sum(tensor => tensor.count_nonzero().item<long>()),
            Work.Of(network.Model, Shapes.Of(network, inputs: inputs)).Total);
    }

    /// <summary>SHA-256 in hexadecimal, bytes, and bytes once packed by gzip (at the default level, or over 64 MB at the fastest) of a model's files, one after the other.</summary>
    public static (string Sha256, long Bytes, long GzipBytes) Digest(params IReadOnlyList<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (packed, bytes) = (new Counter(), files.Sum(file => new FileInfo(file).Length));
        using (var gzip = new GZipStream(packed, bytes > 64 << 20 ? CompressionLevel.Fastest : CompressionLevel.Optimal))
        {
            var buffer = new byte[1 << 16];
            foreach (var path in files)
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
                while (file.Read(buffer) is > 0 and var read)
                {
                    hash.AppendData(buffer, 0, read);
                    gzip.Write(buffer, 0, read);
                }
            }
        }
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), bytes, packed.Bytes);
    }

    /// <summary>SHA-256 in hexadecimal of a model's files, one after the other.</summary>
    public static string Hash(IReadOnlyList<string> files)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
            foreach (var path in files)
            {
                using var file = File.OpenRead(path);
                file.CopyTo(stream);
            }
        return Convert.ToHexStringLower(hash.Hash!);
    }

    /// <summary>A stream that counts what is written and keeps none of it.</summary>
    private sealed class Counter : Stream
    {
        public long Bytes { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Bytes;

        public override long Position { get => Bytes; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Bytes += count;

        public override void Write(ReadOnlySpan<byte> buffer) => Bytes += buffer.Length;

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
