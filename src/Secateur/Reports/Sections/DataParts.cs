using System.Collections.Immutable;
using System.Globalization;

namespace Secateur.Reports.Sections;

/// <summary>One part of the data and what it was for.</summary>
/// <param name="Share">Of all examples, as a CSS width in per cent.</param>
internal sealed record DataPart(string Name, string Role, string Examples, string Share);

/// <summary>Which examples taught, decided and were reported.</summary>
internal sealed record DataParts(string Path, string Description, string Labels, string Features, ImmutableArray<DataPart> Parts)
{
    public static DataParts? Of(PruneResult result)
    {
        if (result.Data is not { } data) return null;
        var all = Math.Max(1, data.Train + data.HeldOut + data.Test);
        DataPart Part(string name, string role, long examples) =>
            new(name, role, Numbers.Count(examples), (100.0 * examples / all).ToString("0.##", CultureInfo.InvariantCulture));
        return new(data.Path, data.Description,
            data.Labels ? "Labels were used." : "Without labels: the dense model was the teacher and the judge.",
            data.Features.IsDefaultOrEmpty ? "" : string.Join(", ", data.Features),
            [Part("training", "taught", data.Train), Part("held out", "decided", data.HeldOut), Part("test", "was reported", data.Test)]);
    }
}
