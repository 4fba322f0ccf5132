namespace Secateur.Testing;

/// <summary>The cases of ONNX's node tests that do not pass, each with the reason; by name, or by what the name begins with and a star.</summary>
public static class NodeGaps
{
    private static readonly (string Name, string Reason)[] All =
    [
    ];

    /// <summary>Why a case does not pass; null where it must.</summary>
    public static string? Reason(string name) => All.FirstOrDefault(gap => gap.Name == name || (gap.Name.EndsWith('*') && name.StartsWith(gap.Name[..^1], StringComparison.Ordinal))).Reason;
}
