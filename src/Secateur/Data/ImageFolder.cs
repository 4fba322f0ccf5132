using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>A folder of pictures with a folder for each class, or of pictures alone, which then have no labels. The same may lie in
/// <c>train</c> and <c>test</c> (or <c>val</c>).</summary>
internal sealed class ImageFolder : Reader
{
    private static readonly string[] TestNames = ["test", "val", "valid", "validation"];

    public override string Reads => "a folder of images, with a sub-folder per class or without";

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
        var told = options.LabelFile is null || options.LabelColumn == LabelNames.None ? null : ImageLabels.Read(options.LabelFile, path, [.. files, .. testFiles], options);
        ImmutableArray<string> names = told?.Names ?? (classes is null ? [] : [.. Classes(train).Concat(test is null ? [] : Classes(test)).Distinct().Order(StringComparer.Ordinal)]);
        var pictures = new Picture[files.Length + testFiles.Length];
        string[] all = [.. files, .. testFiles];
        PictureColumn.Run(all.Length, i => pictures[i] = Picture.Look(all[i]), cancel);
        if (pictures.Length == 0 || files.Length == 0) throw new SecateurException($"{train}: holds no pictures; put {string.Join(", ", Picture.Extensions)} files into it");

        var (how, notes, assumed) = How(pictures, options);
        var channels = how.Channels is null ? Array.TrueForAll(pictures, picture => picture.Grey) ? 1 : 3 : how.Channels == "grey" ? 1 : 3;
        how.Check(channels, path);
        var columns = new[] { pictures[..files.Length], pictures[files.Length..] }.Select(part => new PictureColumn([.. part], channels, how)).ToArray();
        var fit = columns.Sum(column => column.Bytes) <= options.BytesInMemory;
        Table Part(PictureColumn column, string[]? labels, int start)
        {
            string[] paths = [.. column.Files.Select(file => Path.GetRelativePath(path, file))];
            if (told?.Part(start, paths.Length) is { } own) return new Table([fit ? column.ToMemory(cancel) : column], own.Classes, index => paths[index], own.Target);
            return new Table([fit ? column.ToMemory(cancel) : column], labels is null ? null : [.. labels.Select(label => (long)names.IndexOf(label))], index => paths[index]);
        }
        var sizes = columns.SelectMany(column => column.Sizes).Distinct().ToArray();
        var shown = sizes.Length == 1 ? $"{sizes[0].Height}x{sizes[0].Width}" : $"{sizes.Length} sizes";
        return new Source(Part(columns[0], classes, 0), "image folder", [.. all, .. options.LabelFile is { } labelFile && told is not null ? [labelFile] : Array.Empty<string>()])
        {
            Test = test is null ? null : Part(columns[1], testClasses, files.Length),
            ClassNames = names,
            Root = path,
            Assumed = assumed,
            Notes = [$"{(channels == 1 ? "grey" : how.Channels == "bgr" ? "BGR" : "RGB")} pictures of {shown}", .. notes],
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

    /// <summary>As asked for, as the model's input tells, or at least of one size.</summary>
    private static (Preprocessing How, ImmutableArray<string> Notes, ImmutableArray<string> Assumed) How(Picture[] pictures, DataOptions options)
    {
        var (how, assumed, notes) = (options.Preprocessing ?? new(), ImmutableArray<string>.Empty, ImmutableArray<string>.Empty);
        if (options.For is { } model)
        {
            var graph = model();
            if (options.Preprocessing is null) (how, assumed) = PictureInput.Assume(graph);
            else if (PictureInput.Of(graph) is { } input) how = input.Fit(how);
        }
        if (options.ImageSize is { } told) how = how with { Height = told.Height, Width = told.Width };
        var sizes = pictures.GroupBy(picture => (picture.Height, picture.Width)).OrderByDescending(group => group.Count())
            .ThenByDescending(group => (long)group.Key.Height * group.Key.Width).ThenByDescending(group => group.Key.Height).ToArray();
        var common = how.Height == 0 || how.Width == 0;
        if (common) how = how with { Height = how.Height == 0 ? sizes[0].Key.Height : how.Height, Width = how.Width == 0 ? sizes[0].Key.Width : how.Width };
        var others = pictures.Count(picture => (picture.Height, picture.Width) != (how.Height, how.Width));
        if (others > 0 && how.Resize == "stretch")
            notes = notes.Add(common ? $"{others} of other sizes were resized to the most common one" : $"{others} of other sizes were resized to it");
        return (how, notes, assumed);
    }
}
