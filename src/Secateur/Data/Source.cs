using System.Collections.Immutable;

namespace Secateur.Data;

/// <summary>What a reader found, before the held-out part is taken.</summary>
/// <param name="Train">All examples, or the training part where a test part is declared.</param>
/// <param name="Kind">For the description, such as <c>idx folder</c>.</param>
/// <param name="Files">All that was read, for the fingerprint.</param>
internal sealed record Source(Examples Train, string Kind, ImmutableArray<string> Files)
{
    /// <summary>The test part where the source declares one.</summary>
    public Examples? Test { get; init; }

    public ImmutableArray<string> ClassNames { get; init; } = [];

    /// <summary>Token numbers are below it; 0 for data that is no text.</summary>
    public int Vocabulary { get; init; }

    /// <summary>What was decided about the data that a person should know; ends the description.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>What was assumed since nothing was told; a person should know it at once.</summary>
    public ImmutableArray<string> Assumed { get; init; } = [];

    /// <summary>What a fingerprint names the files relative to.</summary>
    public string? Root { get; init; }

    /// <summary>The held-out share that the data asks for.</summary>
    public double? HeldOutShare { get; init; }

    /// <summary>Task, loss and metric that the data asks for.</summary>
    public string? Task { get; init; }

    public string? Loss { get; init; }

    public string? Metric { get; init; }

    /// <summary>With another source as the declared test part; classes are matched by their names.</summary>
    /// <exception cref="SecateurException">The two have different features, or only one has labels.</exception>
    public Source WithTest(Source test, string path)
    {
        static string Show(Examples examples) => string.Join(", ", examples.Features.Concat(examples.Target is { } target ? [target with { Name = "labels" }] : Array.Empty<Feature>()));
        if (Train.Target is null != test.Train.Target is null)
            throw new SecateurException($"{path}: only {(Train.Target is null ? "test" : "train")} has labels; give both labels, or say labels: none");
        if (Show(Train) != Show(test.Train))
            throw new SecateurException($"{path}: train has {Show(Train)}, test has {Show(test.Train)}; give both the same features");
        ImmutableArray<string> names = AreNumbers && test.AreNumbers ? (ClassNames.Length > test.ClassNames.Length ? ClassNames : test.ClassNames)
            : [.. ClassNames.Union(test.ClassNames).Order(StringComparer.Ordinal)];
        return this with
        {
            Train = Relabel(Train, ClassNames, names),
            Test = Relabel(test.Train, test.ClassNames, names),
            ClassNames = names,
            Files = [.. Files, .. test.Files],
        };
    }

    /// <summary>With classes numbered in a given order, or, where the data has numbers, named.</summary>
    /// <exception cref="SecateurException">A class of the data is not among them.</exception>
    public Source WithClasses(ImmutableArray<string> names, string path)
    {
        if (AreNumbers ? ClassNames.Length > names.Length : ClassNames.Except(names).Any())
        {
            throw new SecateurException(AreNumbers
                ? $"{path}: classes: names {names.Length}, the labels go up to {ClassNames.Length - 1}; name them all"
                : $"{path}: classes: lacks '{ClassNames.Except(names).First()}', which the data has; name them all");
        }
        if (AreNumbers) return this with { ClassNames = names };
        return this with { Train = Relabel(Train, ClassNames, names), Test = Test is null ? null : Relabel(Test, ClassNames, names), ClassNames = names };
    }

    private bool AreNumbers => ClassNames.Index().All(pair => pair.Item == $"{pair.Index}");

    private static Examples Relabel(Examples examples, ImmutableArray<string> from, ImmutableArray<string> to)
    {
        if (examples.Labels is not { } labels || from.SequenceEqual(to[..Math.Min(from.Length, to.Length)])) return examples;
        long[] number = [.. from.Select(name => to.IndexOf(name))];
        return new Relabelled(examples, [.. labels.Select(label => number[label])]);
    }
}
