namespace Secateur.Onnx;

/// <summary>Files that are whole or absent: written beside their place, then renamed over it.</summary>
public static class AtomicFile
{
    /// <exception cref="SecateurException">The folder cannot be written; the message names it.</exception>
    public static void Write(string path, Action<Stream> write) => Write((path, write));

    /// <summary>Several files that belong together: each is written whole before the first takes its place.</summary>
    /// <remarks>A process killed between two renames leaves the earlier ones new and the later ones old: name last the file that refers to the others.</remarks>
    /// <exception cref="SecateurException">A folder cannot be written; the message names the file.</exception>
    public static void Write(params IReadOnlyList<(string Path, Action<Stream> Write)> files)
    {
        var temporaries = files.Select(file => Beside(file.Path)).ToArray();
        var path = files[0].Path;
        try
        {
            for (var i = 0; i < files.Count; i++)
            {
                path = files[i].Path;
                using var stream = new FileStream(temporaries[i], FileMode.CreateNew, FileAccess.ReadWrite);
                files[i].Write(stream);
                stream.Flush(flushToDisk: true);
            }
            for (var i = 0; i < files.Count; i++)
            {
                path = files[i].Path;
                File.Move(temporaries[i], path, overwrite: true);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw Unwritable(path, e);
        }
        finally
        {
            foreach (var temporary in temporaries)
                if (File.Exists(temporary)) File.Delete(temporary);
        }
    }

    public static void WriteText(string path, string text) =>
        Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Asks, before hours are spent, whether <paramref name="path"/> could be written. Makes its folder.</summary>
    /// <exception cref="SecateurException">It could not; the message says why.</exception>
    public static void Probe(string path)
    {
        try
        {
            if (Directory.Exists(path)) throw new SecateurException($"{path}: is a folder; name a file to write");
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            var temporary = Beside(path);
            using (new FileStream(temporary, FileMode.CreateNew)) { }
            File.Delete(temporary);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw Unwritable(path, e);
        }
    }

    private static string Beside(string path) => $"{path}.{Guid.NewGuid():N}.part";

    private static SecateurException Unwritable(string path, Exception cause) =>
        new($"{path}: cannot be written ({cause.Message.TrimEnd('.')}); choose a folder that you may write to", cause);
}
