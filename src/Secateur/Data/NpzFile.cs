using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>NumPy's <c>.npz</c>: arrays named as the model's inputs, and <c>labels</c>; a test part as <c>test_NAME</c> and
/// <c>test_labels</c>, or in Keras' way as <c>x_train</c>, <c>y_train</c>, <c>x_test</c>, <c>y_test</c>.</summary>
internal sealed class NpzFile : Reader
{
    public override string Reads => "a .npz";

    public override bool Matches(string path) => Ends(path, ".npz");

    public override Source Open(string path, DataOptions options, CancellationToken cancel)
    {
        List<NpzArray> train = [], test = [];
        using (var file = File.OpenRead(path))
        {
            foreach (var entry in ZipEntry.Read(file, path))
            {
                cancel.ThrowIfCancellationRequested();
                var array = NpzArray.Open(path, entry, options.BytesInMemory);
                var (name, isTest) = Part(array.Name);
                (isTest ? test : train).Add(array with { Name = name });
            }
        }
        if (train.Count == 0) throw new SecateurException($"{path}: holds no arrays to train on; write it with numpy.savez(file, INPUT=..., labels=...)");
        var (first, second) = (Labelled(train, path, options), Labelled(test, path, options));
        if (second is { Columns: not [] } && (first.Labels is null, first.Target is null) != (second.Labels is null, second.Target is null))
            throw new SecateurException($"{path}: only one of the training and the test part has labels; add the other's, or leave both out");
        var labels = first.Labels is null ? null : Labelling.Of([.. first.Labels, .. second.Labels ?? []], path, options);
        return new Source(ToTable(first, labels?.Part(0, first.Labels!.Count), path, "")!, "npz", [path])
        {
            Test = ToTable(second, second.Columns.IsEmpty ? null : labels?.Part(first.Labels!.Count, second.Labels!.Count), path, "test "),
            ClassNames = labels?.Names ?? [],
        };
    }

    private static (string Name, bool Test) Part(string name) => name switch
    {
        ['t', 'e', 's', 't', '_', .. var rest] => (rest, true),
        [.. var rest, '_', 't', 'e', 's', 't'] => (rest, true),
        [.. var rest, '_', 't', 'r', 'a', 'i', 'n'] => (rest, false),
        _ => (name, false),
    };

    /// <summary>Labels of one word an example, or as an array of more.</summary>
    private static (ImmutableArray<Column> Columns, IReadOnlyList<string>? Labels, Column? Target) Labelled(List<NpzArray> arrays, string path, DataOptions options)
    {
        var names = arrays.ConvertAll(array => array.Name);
        var found = options.LabelColumn switch
        {
            null => LabelNames.Find(names),
            LabelNames.None => null,
            var wanted when names.IndexOf(wanted) is >= 0 and var at => at,
            _ when arrays.Count == 0 => null,
            var wanted => throw new SecateurException($"{path}: has no array '{wanted}' for the labels; it has {string.Join(", ", names)}"),
        };
        var labels = found is { } place ? arrays[place] : null;
        var target = labels is { Type: { } stored, Shape.Length: > 1 } several && several.Shape.Skip(1).Any(size => size != 1)
            ? new ArrayColumn("labels", several.Shape.AsSpan(), stored, several.Elements, raw: true) : null;
        var words = target is null ? labels?.ToLabels() : null;
        if (target is null) labels?.Elements.Dispose();
        var columns = ImmutableArray.CreateBuilder<Column>();
        foreach (var array in arrays.Where(array => array != labels))
        {
            if (array.Type is not { } type) throw new SecateurException($"{array.Place}: is of text, a model takes numbers; name it 'labels' or leave it out");
            if (array.Shape.Length == 0) throw new SecateurException($"{array.Place}: is a single number; its first axis must be the examples");
            columns.Add(new ArrayColumn(array.Name, array.Shape.AsSpan(), type, array.Elements));
        }
        if (arrays.Count > 0 && columns.Count == 0) throw new SecateurException($"{path}: holds labels alone; add the model's inputs as arrays");
        var counts = arrays.Select(array => array.Shape.FirstOrDefault()).Distinct().ToArray();
        if (counts.Length > 1)
        {
            throw new SecateurException($"{path}: its arrays have different numbers of examples ("
                + string.Join(", ", arrays.Select(array => $"{array.Name} {array.Shape.FirstOrDefault()}")) + "); the first axis of each must be the same examples");
        }
        return (columns.ToImmutable(), words, target);
    }

    private static Table? ToTable((ImmutableArray<Column> Columns, IReadOnlyList<string>? Labels, Column? Target) read, (ImmutableArray<long>? Classes, Column? Target)? labels,
        string path, string part) => read.Columns.IsEmpty ? null : new Table(read.Columns, labels?.Classes, index => $"{part}#{index}", read.Target ?? labels?.Target);
}
