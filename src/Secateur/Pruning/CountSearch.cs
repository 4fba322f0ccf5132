using Secateur.Structure.Budget;

namespace Secateur.Pruning;

/// <summary>Looks for the fewest steps after which a model is as fast as is asked, where each step takes something whole away.</summary>
/// <remarks>
/// The next count to measure is the one that the prediction, corrected by the last measurement, tells. It ends when a count reaches the speed and the one
/// before it does not, so there may be a gap between the speed that is asked and the one that is found.
/// </remarks>
internal static class CountSearch
{
    /// <param name="target">How many times as fast as with nothing gone, over 1.</param>
    /// <param name="predict">The speed after so many steps, rising; null where there are no such many.</param>
    /// <param name="measure">The speed after so many steps.</param>
    /// <param name="tell">Told of each measurement: of how many, and the speed.</param>
    /// <returns>The count, its speed, and that of one step fewer. Where all steps are too few, they are what is returned.</returns>
    public static (int Count, double Speed, double Before) Run(double target, Func<int, double?> predict, Func<int, double> measure, Action<int, double> tell)
    {
        const double Near = 1 - SpeedupSearch.Tolerance;
        var (low, high, factor) = (0, int.MaxValue, 1.0);
        Dictionary<int, double> speeds = new() { [0] = 1 };
        if (target * Near <= 1) return (0, 1, 1);
        while (high - low > 1 && predict(low + 1) is { } first)
        {
            var (count, predicted) = (low + 1, first);
            while (predicted * factor < target && count + 1 < high && predict(count + 1) is { } more) (count, predicted) = (count + 1, more);
            var speed = measure(count);
            if (Math.Abs((speed / (target * Near)) - 1) < SpeedupSearch.Tolerance) speed = (speed + measure(count)) / 2; // one measurement may be luck
            speeds[count] = speed;
            tell(count, speed);
            if (speed >= target * Near) high = count;
            else low = count;
            factor = speed / predicted;
        }
        return high == int.MaxValue ? (low, speeds[low], speeds[low]) : (high, speeds[high], speeds[low]);
    }
}
