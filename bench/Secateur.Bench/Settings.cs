using System.Globalization;

namespace Secateur.Bench;

/// <summary>What a measurement is told: its name, then <c>--key value</c> pairs.</summary>
internal sealed class Settings(string[] arguments)
{
    private static readonly string[] Keys = ["seeds", "sparsities", "epochs", "pairs", "runs", "threads", "folder", "kind", "seed", "model", "workers", "batch", "mode", "sparsity", "steps", "count", "calibration", "granularity", "round-to", "checkpointing", "memory", "minutes"];

    public string Name => arguments[0];

    /// <exception cref="SecateurException">A key is not known, so that a slip does not start an hour of something else.</exception>
    public Settings Check()
    {
        for (var place = 1; place < arguments.Length; place += 2)
            if (!arguments[place].StartsWith("--", StringComparison.Ordinal) || !Keys.Contains(arguments[place][2..]) || place + 1 == arguments.Length)
                throw new SecateurException($"bench: '{arguments[place]}' is no key with a value; the keys are --{string.Join(", --", Keys[..^1])}");
        return this;
    }

    /// <summary>The command that makes the result again.</summary>
    public string Command => $"bench/run.sh {string.Join(' ', arguments)}";

    public string Text(string key, string otherwise) =>
        Array.IndexOf(arguments, "--" + key) is >= 0 and var place && place + 1 < arguments.Length ? arguments[place + 1] : otherwise;

    public int Int(string key, int otherwise) => int.Parse(Text(key, $"{otherwise}"), CultureInfo.InvariantCulture);

    public double[] Numbers(string key, params double[] otherwise) =>
        Text(key, "") is { Length: > 0 } list ? [.. list.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture))] : otherwise;
}
