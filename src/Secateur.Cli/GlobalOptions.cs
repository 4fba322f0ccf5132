using System.CommandLine;

namespace Secateur.Cli;

/// <summary>What every command takes.</summary>
internal static class GlobalOptions
{
    public static readonly Option<long?> Seed = new("--seed")
    {
        Recursive = true,
        HelpName = "N",
        Description = "decides all that is drawn at random; 1 unless a recipe says otherwise",
        CustomParser = Values.Long(0, long.MaxValue),
    };

    public static readonly Option<int?> Threads = new("--threads")
    {
        Recursive = true,
        HelpName = "N",
        Description = "threads to compute with; all cores unless told",
        CustomParser = Values.Int(1, 1024),
    };

    public static readonly Option<bool> Verbose = new("--verbose") { Recursive = true, Description = "show where an error came from" };

    /// <summary>Threads of ONNX Runtime, 0 for all cores; sets LibTorch's as well.</summary>
    public static int UseThreads(ParseResult request)
    {
        if (request.GetValue(Threads) is not { } threads) return 0;
        Secateur.Threads.Use(threads);
        return threads;
    }
}
