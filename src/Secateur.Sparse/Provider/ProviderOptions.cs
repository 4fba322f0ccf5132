using System.Globalization;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Provider;

/// <summary>What a session asks of the provider: entries of its configuration that begin with <see cref="Prefix"/>.</summary>
internal sealed record ProviderOptions
{
    public const string Prefix = "ep.secateurexecutionprovider.";

    private const string Known = "threshold, threads, force, values, verbose, report";

    /// <summary>The least share of zeros, 0 to 1, of a weight whose node is claimed; null where the cost model decides.</summary>
    public double? Threshold { get; init; }

    /// <summary>At most so many of the session's threads work on a node; 0 is all of them.</summary>
    public int Threads { get; init; }

    /// <summary>Whether all is claimed that can be, be it slower.</summary>
    public bool Force { get; init; }

    /// <summary>To what the weights of products are rounded, so that with few tokens half as much comes from memory.</summary>
    public ValueKind Values { get; init; } = ValueKind.Float32;

    /// <summary>Whether a line for each MatMul, Gemm and Conv goes to standard error.</summary>
    public bool Verbose { get; init; }

    /// <summary>A file that gets these lines; empty where none does.</summary>
    public string Report { get; init; } = "";

    /// <param name="entries">All of a session's configuration; what is not ours is passed over.</param>
    /// <exception cref="OrtException">An option is not known or its value is none.</exception>
    public static ProviderOptions Parse(IReadOnlyDictionary<string, string> entries)
    {
        var options = new ProviderOptions();
        foreach (var (key, value) in entries)
        {
            if (!key.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var name = key[Prefix.Length..];
            options = name switch
            {
                "threshold" => options with { Threshold = Share(value) },
                "threads" => options with { Threads = Count(value) },
                "force" => options with { Force = Flag(name, value) },
                "values" => options with { Values = Kind(value) },
                "verbose" => options with { Verbose = Flag(name, value) },
                "report" => options with { Report = value },
                _ => throw Wrong($"has no option '{name}'; it has {Known}"),
            };
        }
        return options;
    }

    private static double Share(string value) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1
        ? share : throw Wrong($"option 'threshold' is '{value}'; it takes a share of zeros from 0 to 1");

    private static int Count(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
        ? count : throw Wrong($"option 'threads' is '{value}'; it takes a number, 0 for all of the session's");

    private static ValueKind Kind(string value) => value switch
    {
        "float32" => ValueKind.Float32,
        "bfloat16" => ValueKind.BFloat16,
        "float16" => ValueKind.Float16,
        _ => throw Wrong($"option 'values' is '{value}'; it takes float32, bfloat16 or float16"),
    };

    private static bool Flag(string name, string value) => value switch
    {
        "1" or "true" => true,
        "0" or "false" => false,
        _ => throw Wrong($"option '{name}' is '{value}'; it takes 0 or 1"),
    };

    private static OrtException Wrong(string fault) => new(OrtException.InvalidArgument, $"{ProviderFactory.Name}: {fault}");
}
