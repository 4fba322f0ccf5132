using System.CommandLine;

namespace Secateur.Cli;

/// <summary>Where latencies of layers are kept.</summary>
internal static class LatencyFlags
{
    public static readonly Option<string?> Cache = new("--latency-cache")
    {
        HelpName = "FILE",
        Description = "this machine's own table of latencies; a file in the user's cache folder unless told",
    };
}
