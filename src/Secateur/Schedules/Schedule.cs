using System.Collections.Frozen;

namespace Secateur.Schedules;

/// <summary>How the sparsity rises over the rounds.</summary>
public abstract class Schedule
{
    /// <summary>By the word of the command line and the recipe.</summary>
    public static FrozenDictionary<string, Schedule> All { get; } = new Dictionary<string, Schedule>
    {
        ["one-shot"] = new OneShot(),
        ["linear"] = new Linear(),
        ["exponential"] = new Exponential(),
        ["cubic"] = new Cubic(),
    }.ToFrozenDictionary();

    /// <summary>One line for the help.</summary>
    public abstract string Summary { get; }

    /// <summary>The sparsity that holds once a round's mask is set.</summary>
    /// <param name="round">From 1 to <paramref name="rounds"/>.</param>
    /// <param name="rounds">At least 1.</param>
    /// <param name="to">The sparsity after the last round, in [0, 1).</param>
    /// <returns>Never falling over the rounds; exactly <paramref name="to"/> at the last.</returns>
    public double SparsityAfter(int round, int rounds, double to) => round < 1 || round > rounds
        ? throw new ArgumentOutOfRangeException(nameof(round), round, $"Rounds are 1 to {rounds}.")
        : round == rounds ? to : Math.Min(to, At((double)round / rounds, to)); // rounding never passes the target

    /// <param name="time">In (0, 1).</param>
    /// <param name="to">The last sparsity.</param>
    protected abstract double At(double time, double to);
}
