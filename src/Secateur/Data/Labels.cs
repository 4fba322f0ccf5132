using System.Collections.Immutable;
using System.Globalization;

namespace Secateur.Data;

/// <summary>Classes of examples and the names of the classes.</summary>
internal sealed record Labels(ImmutableArray<long> Values, ImmutableArray<string> Names)
{
    private const int MostClasses = 1 << 20;

    /// <summary>Class numbers, named by themselves.</summary>
    /// <exception cref="SecateurException">A number is negative or no class number.</exception>
    public static Labels Of(ImmutableArray<long> values, string place)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is < 0 or >= MostClasses)
                throw new SecateurException($"{place}: example {i} has label {values[i]}; number the classes 0, 1, 2 and so on");
        }
        var classes = values.Length == 0 ? 0 : values.Max() + 1;
        return new Labels(values, [.. Enumerable.Range(0, (int)classes).Select(value => value.ToString(CultureInfo.InvariantCulture))]);
    }

    /// <summary>Class numbers if all are such, otherwise names, which get numbers in ordinal order.</summary>
    public static Labels Of(IReadOnlyList<string> words, string place)
    {
        if (words.Count > 0 && words.All(word => long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
            return Of([.. words.Select(word => long.Parse(word, CultureInfo.InvariantCulture))], place);
        if (words.Count > 0 && words.All(word => double.TryParse(word, CultureInfo.InvariantCulture, out _)))
        {
            throw new SecateurException($"{place}: the label '{words.First(word => !long.TryParse(word, out _))}' is no class; "
                + "name another column as the label, or number the classes 0, 1, 2 and so on");
        }
        string[] names = [.. words.Distinct().Order(StringComparer.Ordinal)];
        var numbers = names.Index().ToDictionary(pair => pair.Item, pair => (long)pair.Index);
        return new Labels([.. words.Select(word => numbers[word])], [.. names]);
    }

    /// <summary>The first <paramref name="count"/>, and those after them, with the names of all.</summary>
    public (ImmutableArray<long> First, ImmutableArray<long> Second) Cut(int count) => (Values[..count], Values[count..]);
}

/// <summary>Whether labels and a model agree.</summary>
public static class LabelCheck
{
    /// <exception cref="SecateurException">A label is outside [0, <paramref name="classes"/>); the message names the example.</exception>
    public static void Within(DataSet data, long classes)
    {
        foreach (var part in new[] { data.Train, data.HeldOut, data.Test, data.Whole })
        {
            if (part.Labels is not { } labels) continue;
            for (var i = 0; i < labels.Length; i++)
            {
                if (labels[i] >= 0 && labels[i] < classes) continue;
                throw new SecateurException($"{data.Path}: example {part.Describe(i)} has label {labels[i]}, the model has {classes} outputs; "
                    + "number the labels from 0, or take a model with more outputs");
            }
        }
    }
}
