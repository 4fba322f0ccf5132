using System.Collections.Immutable;
using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Secateur.Data;

/// <summary>A small <c>.yaml</c> that says where the data is and how it is to be taken; its paths are relative to itself.</summary>
internal sealed class YamlFile : Reader
{
    private static readonly string[] Keys =
    [
        "train", "test", "labels", "characters", "inputs", "preprocess", "resize", "size", "crop", "step", "limit", "channels", "scale", "mean", "std", "layout", "tokenizer", "length",
        "heldOut", "classes", "task", "loss", "metric",
    ];

    private static readonly string[] PictureKeys = ["resize", "size", "crop", "step", "limit", "channels", "scale", "mean", "std", "layout"];
    private static readonly string[] TaskNames = [.. Tasks.Task.All.Keys.Order()];
    private static readonly string[] Orders = ["rgb", "bgr", "grey"];

    private static readonly string[] Losses = ["cross-entropy", "distillation"];
    private static readonly string[] Layouts = ["nchw", "nhwc"];

    public override string Reads => "a .yaml that maps one of these";

    public override bool Matches(string path) => Ends(path, ".yaml", ".yml");

    public override Source Open(string path, DataOptions options, CancellationToken cancel)
    {
        var yaml = new Entries(path, Read(path));
        yaml.CheckKeys(Keys);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var trainPath = Path.Combine(folder, yaml.Word("train") ?? throw new SecateurException($"{path}: does not say where the data is; add train: PATH"));
        var testPath = yaml.Word("test") is { } named ? Path.Combine(folder, named) : null;
        var labels = yaml.Words("labels") ?? [];
        var labelFile = labels is [var text] && text.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) ? Path.Combine(folder, text) : null;
        if (labelFile is not null && !File.Exists(labelFile)) throw new SecateurException($"{path}: labels: no such file {labels[0]}; write FILE, a tab and the label on each of its lines");
        var told = options with
        {
            LabelColumn = labels is [var one] && labelFile is null ? one : options.LabelColumn,
            LabelColumns = labels.Length > 1 ? labels : [],
            LabelFile = labelFile,
            Symbols = yaml.Word("characters") is { } characters ? Symbols.Open(Path.Combine(folder, characters)) : options.Symbols,
            Task = yaml.Choice("task", TaskNames) ?? options.Task,
            ImageSize = yaml.Size("size") ?? options.ImageSize,
            Tokenizer = yaml.Word("tokenizer") is { } tokenizer ? tokenizer == "bytes" ? tokenizer : Path.Combine(folder, tokenizer) : options.Tokenizer,
            Length = yaml.Numbers("length") is [var length] ? (int)Math.Clamp(length, 0, int.MaxValue) : options.Length,
            TestPath = testPath,
        };
        if (told.Length < 1) throw new SecateurException($"{path}: length: holds nothing; give at least 1 token");
        told = told with { Preprocessing = Preprocessing(yaml, options) };
        var shaping = new Shaping(yaml.Numbers("scale") is [var scale] ? scale : 1, yaml.Numbers("mean"), yaml.Numbers("std"), yaml.Choice("layout", Layouts));
        var inputs = yaml.Map("inputs");
        Source Part(string part, DataOptions how)
        {
            var source = OpenPart(part, path, how, cancel);
            // pictures are shaped while they are decoded
            var after = Reader.For(part) is ImageFolder ? Shaping.None : shaping;
            return source with { Train = Shape(source.Train, inputs, after, path), Test = source.Test is null ? null : Shape(source.Test, inputs, after, path) };
        }
        var source = Part(trainPath, told);
        if (testPath is not null && source.Test is null) source = source.WithTest(Part(testPath, told with { TestPath = null }), path);
        if (yaml.Words("classes") is { } classes) source = source.WithClasses(classes, path);
        return source with
        {
            Files = [path, .. source.Files],
            Root = source.Root is null ? null : folder,
            HeldOutShare = yaml.Numbers("heldOut") is [var share] ? share : null,
            Task = yaml.Choice("task", TaskNames),
            Loss = yaml.Choice("loss", Losses),
            Metric = yaml.Choice("metric", [.. Evaluation.Metric.All.Keys.Order()]),
        };
    }

    /// <summary>What the file says of pictures, over the preset that it or the caller names; null where neither says anything.</summary>
    private static Preprocessing? Preprocessing(Entries yaml, DataOptions options)
    {
        var preset = yaml.Choice("preprocess", [.. Data.Preprocessing.All.Keys.Order()]);
        if (preset is null && options.Preprocessing is null && !PictureKeys.Any(yaml.Has)) return null;
        var how = preset is null ? options.Preprocessing ?? new() : Data.Preprocessing.Named(preset);
        var (size, scale, mean, std) = (yaml.Size("size"), yaml.Numbers("scale"), yaml.Numbers("mean"), yaml.Numbers("std"));
        return how with
        {
            Resize = yaml.Choice("resize", [.. Sizing.All.Keys.Order()]) ?? how.Resize,
            Height = size?.Height ?? how.Height,
            Width = size?.Width ?? how.Width,
            Crop = yaml.Size("crop") ?? how.Crop,
            Step = yaml.Numbers("step") is [var step] ? (int)Math.Clamp(step, 1, 4096) : how.Step,
            Limit = yaml.Numbers("limit") is [var limit] ? (int)Math.Clamp(limit, 1, 65_536) : how.Limit,
            Channels = yaml.Choice("channels", Orders) ?? how.Channels,
            Scale = scale is [var factor] ? factor : how.Scale,
            Mean = mean.IsEmpty ? how.Mean : mean,
            Std = std.IsEmpty ? how.Std : std,
            Layout = yaml.Choice("layout", Layouts) ?? how.Layout,
        };
    }

    private static Source OpenPart(string part, string path, DataOptions options, CancellationToken cancel) => Reader.For(part) is { } reader and not YamlFile
        ? reader.Open(part, options, cancel)
        : throw new SecateurException($"{path}: {Path.GetFileName(part)} is a YAML file again; name the data itself");

    private static Examples Shape(Examples examples, IReadOnlyDictionary<string, ImmutableArray<string>>? inputs, Shaping shaping, string path)
    {
        if (inputs is not null) examples = examples is FrameExamples table ? table.With(inputs) : Shaped.Renamed(examples, inputs, path);
        return shaping.IsNone ? examples : Shaped.By(examples, shaping, path);
    }

    private static YamlMappingNode Read(string path)
    {
        try
        {
            using var text = File.OpenText(path);
            var yaml = new YamlStream();
            yaml.Load(text);
            return yaml.Documents is [{ RootNode: YamlMappingNode root }] ? root
                : throw new SecateurException($"{path}: is no YAML mapping; write lines such as train: PATH");
        }
        catch (YamlException e)
        {
            throw new SecateurException($"{path}: line {e.Start.Line} is no YAML ({e.Message.Split('\n')[0].TrimEnd('.')}); mend the line", e);
        }
    }

    /// <summary>The values by key, each checked as it is asked for.</summary>
    private sealed class Entries(string path, YamlMappingNode root)
    {
        public void CheckKeys(string[] known)
        {
            foreach (var key in root.Children.Keys.Select(key => key.ToString()))
            {
                if (known.Contains(key)) continue;
                throw new SecateurException($"{path}: has the unknown key '{key}'; did you mean '{known.MinBy(word => Distance(word, key))}'? Known are {string.Join(", ", known)}");
            }
        }

        public bool Has(string key) => Find(key) is not null;

        public string? Word(string key) => Find(key) switch
        {
            null => null,
            YamlScalarNode { Value: { Length: > 0 } word } => word,
            _ => throw Wrong(key, "a single word"),
        };

        public ImmutableArray<string>? Words(string key) => Find(key) is { } node ? Words(key, node) : null;

        public string? Choice(string key, string[] known) => Word(key) is not { } word || known.Contains(word) ? Word(key)
            : throw new SecateurException($"{path}: {key}: '{word}' is not known; take one of {string.Join(", ", known)}");

        /// <summary>One number, or several; empty where there is no such key.</summary>
        public ImmutableArray<double> Numbers(string key) => [.. (Words(key) ?? []).Select(word =>
            double.TryParse(word, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : throw Wrong(key, "numbers"))];

        public (int Height, int Width)? Size(string key) => Numbers(key) switch
        {
            [] => null,
            [>= 1 and <= 65_536 and var side] => ((int)side, (int)side),
            [>= 1 and <= 65_536 and var height, >= 1 and <= 65_536 and var width] => ((int)height, (int)width),
            _ => throw Wrong(key, "a side or [HEIGHT, WIDTH], in pixels"),
        };

        /// <summary>Names to names.</summary>
        public IReadOnlyDictionary<string, ImmutableArray<string>>? Map(string key) => Find(key) switch
        {
            null => null,
            YamlMappingNode map => map.Children.ToDictionary(pair => pair.Key.ToString(), pair => Words(key, pair.Value)),
            _ => throw Wrong(key, "a mapping such as {INPUT: COLUMN}"),
        };

        private YamlNode? Find(string key) => root.Children.FirstOrDefault(pair => pair.Key.ToString() == key).Value;

        private ImmutableArray<string> Words(string key, YamlNode node) => node switch
        {
            YamlScalarNode { Value: { Length: > 0 } word } => [word],
            YamlSequenceNode { Children.Count: > 0 } list => [.. list.Select(item => item is YamlScalarNode { Value: { } word } ? word : throw Wrong(key, "a list of words"))],
            _ => throw Wrong(key, "a word or a list of words"),
        };

        private SecateurException Wrong(string key, string wanted) => new($"{path}: {key}: holds something else than {wanted}; write {key}: as docs/data.md shows");

        /// <summary>Insertions, removals and changes of letters between two words (Levenshtein).</summary>
        private static int Distance(string one, string other)
        {
            var row = Enumerable.Range(0, other.Length + 1).ToArray();
            for (var i = 0; i < one.Length; i++)
            {
                var diagonal = row[0];
                row[0] = i + 1;
                for (var j = 0; j < other.Length; j++)
                    (diagonal, row[j + 1]) = (row[j + 1], Math.Min(Math.Min(row[j], row[j + 1]) + 1, diagonal + (one[i] == other[j] ? 0 : 1)));
            }
            return row[^1];
        }
    }
}
