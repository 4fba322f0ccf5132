namespace Secateur.Data;

/// <summary>Names by which a column of labels is known when none is said.</summary>
internal static class LabelNames
{
    /// <summary>Said instead of a column: the data has no labels.</summary>
    public const string None = "none";

    private static readonly string[] Known = ["labels", "label", "class", "target", "y"];

    /// <summary>The place of the first known name, whatever its case; null where there is none.</summary>
    public static int? Find(IReadOnlyList<string> names)
    {
        foreach (var known in Known)
            for (var i = 0; i < names.Count; i++)
                if (names[i].Equals(known, StringComparison.OrdinalIgnoreCase)) return i;
        return null;
    }
}
