namespace Secateur.Cli;

/// <summary>How a request that could not be carried out ends: one line on standard error, and the exit status.</summary>
internal static class Ending
{
    private const int GateNotMet = 1;
    private const int RequestWrong = 2;
    private const int Failed = 3;
    private const int Interrupted = 130; // as shells count SIGINT

    public static Task<int> Wrong(string message, TextWriter error) => Say(message, RequestWrong, error);

    public static async Task<int> Of(Exception cause, TextWriter error, bool verbose)
    {
        var status = cause switch
        {
            SecateurException => await Wrong(cause.Message, error),
            GateException => await Say(cause.Message, GateNotMet, error),
            OperationCanceledException => await Say("interrupted; train and prune go on from the last saved round when started again", Interrupted, error),
            _ => await Say($"failed ({cause.GetType().Name}: {cause.Message}); this is a fault of Secateur's, --verbose shows where", Failed, error),
        };
        if (verbose) await error.WriteLineAsync(cause.ToString());
        return status;
    }

    private static async Task<int> Say(string message, int status, TextWriter error)
    {
        await error.WriteLineAsync($"secateur: {string.Join(' ', message.Split((char[])['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))}");
        return status;
    }
}
