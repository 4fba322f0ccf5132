using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>Reads one form of data.</summary>
internal abstract class Reader
{
    /// <summary>In the order in which they are asked; the first that knows a path reads it.</summary>
    public static ImmutableArray<Reader> All { get; } =
    [
        new NpzFile(),
        new IdxFolder(),
        new NpzFolder(),
        new ImageFolder(),
        new CsvFile(),
        new ParquetFile(),
        new TextFile(),
        new YamlFile(),
    ];

    /// <summary>What it reads, in words, for messages.</summary>
    public abstract string Reads { get; }

    /// <param name="path">Exists, a file or a folder.</param>
    public abstract bool Matches(string path);

    /// <exception cref="SecateurException">The data is damaged or unclear; the message names the file and the mend.</exception>
    public abstract Source Open(string path, DataOptions options, CancellationToken cancel);

    /// <exception cref="SecateurException">Nothing is there, or no reader knows it.</exception>
    public static Reader For(string path)
    {
        if (!Path.Exists(path)) throw new SecateurException($"{path}: no such file or folder; check the path");
        if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any())
            throw new SecateurException($"{path}: the folder is empty; name a folder with data in it");
        return All.FirstOrDefault(reader => reader.Matches(path)) ?? throw new SecateurException(
            $"{path}: no data that is known; --data takes {string.Join(", ", All.Select(reader => reader.Reads))}");
    }

    protected static bool Ends(string path, params ReadOnlySpan<string> extensions)
    {
        foreach (var extension in extensions)
            if (path.EndsWith(extension, StringComparison.OrdinalIgnoreCase) && File.Exists(path)) return true;
        return false;
    }
}
