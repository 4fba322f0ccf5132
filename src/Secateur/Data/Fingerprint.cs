using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Secateur.Data;

/// <summary>SHA-256 over data, so that a report can say what it was made from.</summary>
internal static class Fingerprint
{
    /// <summary>Over the bytes of the files in their order; with a root also over their names relative to it.</summary>
    public static string Of(ImmutableArray<string> files, string? root, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[1 << 18];
        foreach (var file in files)
        {
            if (root is not null) hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(root, file) + "\n"));
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            for (int read; (read = stream.Read(piece)) > 0;)
            {
                cancel.ThrowIfCancellationRequested();
                hash.AppendData(piece, 0, read);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
