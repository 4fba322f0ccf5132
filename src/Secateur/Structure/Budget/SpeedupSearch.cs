using System.Collections.Immutable;
using System.Diagnostics;
using Secateur.Evaluation;

namespace Secateur.Structure.Budget;

/// <summary>A candidate that was measured.</summary>
/// <param name="Predicted">The speed that it was made for.</param>
/// <param name="Measured">The speed that it has; of one that was measured twice the mean.</param>
public sealed record SpeedTry(double Predicted, double Measured);

/// <summary>What a search for a speed ended with.</summary>
/// <param name="Candidate">The nearest to the target.</param>
/// <param name="Measured">Its speed.</param>
/// <param name="Met">Whether that is within the tolerance, twice measured.</param>
/// <param name="Tries">In order.</param>
public sealed record SpeedFound<T>(T Candidate, double Measured, bool Met, ImmutableArray<SpeedTry> Tries);

/// <summary>
/// Looks for the candidate whose measured speed is the target: makes one for a predicted speed, measures it, corrects the prediction, and again. Where a speed is
/// met it is measured once more, as one measurement may be luck.
/// </summary>
/// <remarks>
/// A speed is any number of which more is faster: the ratio to the dense model for a target that is a speed-up, one over milliseconds for a target that is a latency.
/// Predictions and measurements are compared by their logarithms: first by shifting, then, once a candidate was too slow and another too fast, between these two.
/// </remarks>
public static class SpeedupSearch
{
    /// <summary>How far from the target a speed may be, as a share of it.</summary>
    public const double Tolerance = 0.03;

    private const int MostTries = 8;
    private const double Edge = 0.15; // of a bracket, so that each try narrows it

    /// <param name="target">The speed that is wanted, above 0.</param>
    /// <param name="make">Makes a candidate for a predicted speed; a <see cref="SecateurException"/> says that the prediction cannot be so high.</param>
    /// <param name="measure">The speed of a candidate, beside the dense model.</param>
    /// <param name="progress">Told after each try.</param>
    /// <param name="cancel">Looked at before each try.</param>
    /// <param name="tries">Candidates at most, at least 1.</param>
    /// <exception cref="SecateurException">No candidate could be made.</exception>
    public static SpeedFound<T> Run<T>(double target, Func<double, T> make, Func<T, double> measure, IProgress<Progress>? progress, CancellationToken cancel, int tries = MostTries)
        where T : notnull
    {
        var bracket = new Bracket(Math.Log(target));
        List<(T Candidate, double At, double Speed)> seen = []; // logarithms
        SecateurException? refused = null;
        var at = Math.Log(target);
        for (var round = 0; round < tries; round++)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                var candidate = make(Math.Exp(at));
                var known = seen.FindIndex(other => other.Candidate.Equals(candidate));
                var speed = known >= 0 ? seen[known].Speed : Math.Log(measure(candidate));
                var met = bracket.Meets(speed);
                if (met && known < 0)
                {
                    speed = (speed + Math.Log(measure(candidate))) / 2;
                    met = bracket.Meets(speed);
                }
                seen.Add((candidate, at, speed));
                bracket.Add(at, speed);
                progress?.Report(new("looking for the speed", (round + 1.0) / tries, $"predicted {Math.Exp(at):0.###}, measured {Math.Exp(speed):0.###}, wanted {target:0.###}"));
                if (met) return Found(candidate, speed, true);
                if (bracket.IsNarrow || (known >= 0 && seen.Count > 2 && seen[^2].Candidate.Equals(candidate))) break; // nothing lies between
            }
            catch (SecateurException e)
            {
                refused ??= e;
                bracket.Refuse(at);
                if (bracket.IsNarrow) break;
            }
            at = bracket.Next();
        }
        if (seen.Count == 0) throw refused!;
        var nearest = seen.MinBy(one => Math.Abs(one.Speed - Math.Log(target)));
        return Found(nearest.Candidate, nearest.Speed, bracket.Meets(nearest.Speed));

        SpeedFound<T> Found(T candidate, double speed, bool met) =>
            new(candidate, Math.Exp(speed), met, [.. seen.Select(one => new SpeedTry(Math.Exp(one.At), Math.Exp(one.Speed)))]);
    }

    /// <summary>How many times as fast as the dense model a candidate runs: the two in turn, by the time that a fifth of the runs keep.</summary>
    /// <exception cref="SecateurException">A model cannot be run.</exception>
    public static double Measure(string dense, string candidate, BenchmarkSettings settings, CancellationToken cancel) =>
        LatencyBenchmark.Quiet([dense, candidate], settings, cancel) is [var before, var after] ? before / after : throw new UnreachableException();

    /// <summary>Where the target lies, as far as is known; all in logarithms.</summary>
    private sealed class Bracket(double target)
    {
        private const double Narrow = 1e-3;

        private (double At, double Speed)? slow, fast, last;
        private double most = double.PositiveInfinity; // predictions from here on are refused

        public bool IsNarrow => Math.Min(fast?.At ?? double.PositiveInfinity, most) - (slow?.At ?? double.NegativeInfinity) < Narrow;

        public bool Meets(double speed) => Math.Abs(Math.Exp(speed - target) - 1) <= Tolerance;

        public void Refuse(double at) => most = Math.Min(most, at);

        public void Add(double at, double speed)
        {
            last = (at, speed);
            if (speed < target)
            {
                if (slow is null || at >= slow.Value.At) slow = last;
                if (fast?.At <= at) fast = null; // one of the two was noise: the newer is believed
            }
            else
            {
                if (fast is null || at <= fast.Value.At) fast = last;
                if (slow?.At >= at) slow = null;
            }
        }

        public double Next()
        {
            if (slow is { } low && fast is { } high)
            {
                var share = (target - low.Speed) / (high.Speed - low.Speed);
                return double.Lerp(low.At, high.At, double.IsFinite(share) ? Math.Clamp(share, Edge, 1 - Edge) : 0.5);
            }
            var next = last is { } one ? one.At + (target - one.Speed) : most / 2;
            if (next < most) return next;
            return last is { } known && known.At < most ? (known.At + most) / 2 : most - Math.Abs(most) / 2;
        }
    }
}
