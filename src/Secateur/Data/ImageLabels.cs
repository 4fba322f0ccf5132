namespace Secateur.Data;

/// <summary>Labels of pictures in a text file beside them: a line <c>FILE TAB LABEL</c> for each, as OCR data has it.</summary>
internal static class ImageLabels
{
    /// <param name="file">The text file.</param>
    /// <param name="folder">That names are relative to, or to the text file's own.</param>
    /// <param name="pictures">Paths, in the order wanted.</param>
    /// <param name="options">Say what a label is.</param>
    /// <exception cref="SecateurException">A line has no tab, or a picture no line; the message names it.</exception>
    public static Labelling Read(string file, string folder, IReadOnlyList<string> pictures, DataOptions options)
    {
        Dictionary<string, string> labels = [];
        foreach (var (number, line) in File.ReadLines(file).Index())
        {
            if (line.Length == 0) continue;
            if (line.IndexOf('\t') is var tab && tab <= 0) throw new SecateurException($"{file}: line {number + 1} has no tab; write FILE, a tab and the label on each line");
            foreach (var root in new[] { folder, Path.GetDirectoryName(Path.GetFullPath(file))! }) labels[Path.GetFullPath(line[..tab], Path.GetFullPath(root))] = line[(tab + 1)..];
        }
        return Labelling.Of([.. pictures.Select(picture => labels.GetValueOrDefault(Path.GetFullPath(picture))
            ?? throw new SecateurException($"{file}: has no line for {Path.GetFileName(picture)}; label all pictures or none"))], file, options);
    }
}
