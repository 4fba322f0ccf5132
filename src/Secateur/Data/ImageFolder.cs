using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>A folder of pictures with a folder for each class, or of pictures alone, which then have no labels. The same may lie in
/// <c>train</c> and <c>test</c> (or <c>val</c>).</summary>
internal sealed class ImageFolder : Reader
{
    private static readonly string[] TestNames = ["test", "val", "valid", "validation"];

    public override string Reads => "a folder of images with a sub-folder per class";

    public override bool Matches(string path) =>
        Directory.Exists(path) && Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Any(Picture.Is);

    public override Source Open(string path, DataOptions options, CancellationToken cancel)
    {
        var train = Directory.Exists(Path.Combine(path, "train")) ? Path.Combine(path, "train") : path;
        var test = train == path ? null : TestNames.Select(name => Path.Combine(path, name)).FirstOrDefault(Directory.Exists);
        var (files, classes) = List(train);
        var (testFiles, testClasses) = test is null ? ([], null) : List(test);
        if (test is not null && (classes is null) != (testClasses is null))
            throw new SecateurException($"{path}: only one of {Path.GetFileName(train)} and {Path.GetFileName(test)} has a folder for each class; sort the other's pictures too");
        ImmutableArray<string> names = classes is null ? [] : [.. Classes(train).Concat(test is null ? [] : Classes(test)).Distinct().Order(StringComparer.Ordinal)];
        var pictures = new Picture[files.Length + testFiles.Length];
        string[] all = [.. files, .. testFiles];
        PictureColumn.Run(all.Length, i => pictures[i] = Picture.Look(all[i]), cancel);
        if (pictures.Length == 0 || files.Length == 0) throw new SecateurException($"{train}: holds no pictures; put {string.Join(", ", Picture.Extensions)} files into it");

        var (size, notes) = Size(pictures, options);
        var channels = Array.TrueForAll(pictures, picture => picture.Grey) ? 1 : 3;
        var bytes = (long)pictures.Length * channels * size.Height * size.Width;
        Table Part(ReadOnlySpan<Picture> some, string[]? labels)
        {
            var column = new PictureColumn([.. some], channels, size.Height, size.Width);
            string[] paths = [.. column.Files.Select(file => Path.GetRelativePath(path, file))];
            return new Table([bytes <= options.BytesInMemory ? column.ToMemory(cancel) : column],
                labels is null ? null : [.. labels.Select(label => (long)names.IndexOf(label))], index => paths[index]);
        }
        return new Source(Part(pictures.AsSpan(0, files.Length), classes), "image folder", [.. all])
        {
            Test = test is null ? null : Part(pictures.AsSpan(files.Length), testClasses),
            ClassNames = names,
            Root = path,
            Notes = [$"{(channels == 1 ? "grey" : "RGB")} pictures of {size.Height}x{size.Width}", .. notes],
        };
    }

    private static IEnumerable<string> Classes(string folder) => Directory.GetDirectories(folder).Select(Path.GetFileName)!;

    /// <summary>The pictures by their paths' order, and the class of each unless the folder is flat.</summary>
    private static (string[] Files, string[]? Classes) List(string folder)
    {
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(Picture.Is).Order(StringComparer.Ordinal).ToArray();
        var classes = Array.ConvertAll(files, file => Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar) is [var name, _, ..] ? name : "");
        if (Array.TrueForAll(classes, name => name.Length == 0)) return (files, null);
        return Array.FindIndex(classes, name => name.Length == 0) is >= 0 and var stray
            ? throw new SecateurException($"{files[stray]}: lies beside the folders of the classes; move it into one of them")
            : (files, classes);
    }

    private static ((int Height, int Width) Size, string[] Notes) Size(Picture[] pictures, DataOptions options)
    {
        var sizes = pictures.GroupBy(picture => (picture.Height, picture.Width)).OrderByDescending(group => group.Count())
            .ThenByDescending(group => (long)group.Key.Height * group.Key.Width).ThenByDescending(group => group.Key.Height).ToArray();
        var size = options.ImageSize ?? sizes[0].Key;
        var others = pictures.Count(picture => (picture.Height, picture.Width) != size);
        if (others == 0) return (size, []);
        return (size, [options.ImageSize is null ? $"{others} of other sizes were resized to the most common one" : $"{others} of other sizes were resized to it"]);
    }
}
