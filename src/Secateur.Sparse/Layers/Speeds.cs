using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Secateur.Sparse.Kernels;

namespace Secateur.Sparse.Layers;

/// <summary>What the kernels take on this machine, measured once and kept in the user's cache. All in nanoseconds of one thread.</summary>
/// <param name="Dense">A multiply-add of a dense product of many tokens.</param>
/// <param name="Byte">A byte of weights that come from memory.</param>
/// <param name="CachedByte">One that comes from the last cache.</param>
/// <param name="Entry">A nonzero of an unstructured matrix, times a whole tile of tokens.</param>
/// <param name="EntryOfOne">The same, times one vector.</param>
/// <param name="Line">A row of a slice of such a matrix, besides its nonzeros, in a whole tile.</param>
/// <param name="Four">Four rows' nonzeros of a column that they share, times a whole tile.</param>
/// <param name="Two">Two rows' alike.</param>
/// <param name="Look">A nonzero by lookup, for one token.</param>
/// <param name="LookOfFour">For four tokens.</param>
/// <param name="Strip">A vector of nonzeros of a strip, for one token.</param>
/// <param name="Patch">A float that is put in its place in a patch, or in a transposed tile.</param>
internal sealed record Speeds(
    double Dense, double Byte, double CachedByte, double Entry, double EntryOfOne, double Line, double Four, double Two, double Look, double LookOfFour, double Strip, double Patch)
{
    private const int Version = 5; // of what is measured and how
    private static readonly Lazy<Speeds> Kept = new(() => Read() ?? Keep(Measure(Level.Best)));

    /// <summary>Of this machine and the best instructions; measured where nobody has, in about a tenth of a second.</summary>
    public static Speeds Here => Kept.Value;

    private static string File => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "secateur", $"sparse-{Version}-{Level.Best.Name}{(RuntimeFeature.IsDynamicCodeCompiled ? "-jit" : "")}-{Processor()}.txt");

    /// <summary>A number of the processor's name, so that a home that several machines share holds the speeds of each.</summary>
    private static string Processor()
    {
        var hash = 14695981039346656037UL;
        foreach (var character in Name() + Environment.ProcessorCount) hash = (hash ^ character) * 1099511628211UL;
        return hash.ToString("x16", CultureInfo.InvariantCulture);

        static string Name()
        {
            try
            {
                return System.IO.File.ReadLines("/proc/cpuinfo").Take(16).Where(line => line.StartsWith("model", StringComparison.Ordinal) || line.StartsWith("cpu family", StringComparison.Ordinal)).Aggregate("", (all, line) => all + line);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return RuntimeInformation.OSDescription;
            }
        }
    }

    private static Speeds? Read()
    {
        try
        {
            var numbers = System.IO.File.ReadAllText(File).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => double.TryParse(word, CultureInfo.InvariantCulture, out var number) ? number : double.NaN).ToArray();
            return numbers.Length == 12 && numbers.All(number => double.IsFinite(number) && number > 0)
                ? new(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7], numbers[8], numbers[9], numbers[10], numbers[11])
                : null; // damaged: measured again
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Speeds Keep(Speeds speeds)
    {
        double[] numbers = [speeds.Dense, speeds.Byte, speeds.CachedByte, speeds.Entry, speeds.EntryOfOne, speeds.Line, speeds.Four, speeds.Two, speeds.Look, speeds.LookOfFour, speeds.Strip, speeds.Patch];
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(File)!);
            var beside = File + "." + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            System.IO.File.WriteAllText(beside, string.Join(' ', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture))));
            System.IO.File.Move(beside, File, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // a machine that keeps nothing measures in every process
        }
        return speeds;
    }

    /// <summary>The least of several runs of each kernel on random matrices of 512 by 512.</summary>
    public static unsafe Speeds Measure(Level level)
    {
        const int Size = 512;
        var most = level.MostVectors;
        var width = most * level.Lanes;
        using var x = new Native<float>((long)Size * width);
        using var y = new Native<float>((long)(Size + 16) * width);
        for (var i = 0L; i < x.Length; i++) x[i] = i % 7 - 3;
        using var thin = Random(Size, 0.05, 1);
        using var thick = Random(Size, 0.2, 1);
        using var byFour = Random(Size, 0.2, 4);
        using var byTwo = Random(Size, 0.2, 2);
        using var all = Random(Size / 2, 1, 4);
        using var some = Random(Size, 0.1, 1);
        using var byStrips = Random(Size, 0.1, level.Lanes);
        using var few = new Unstructured(thin, default, level);
        using var many = new Unstructured(thick, default, level);
        using var narrow = new Unstructured(thick, default, level, vectors: level.NarrowVectors);
        using var fours = new Grouped(byFour, RowGroups.Neighbours(byFour, 4), default);
        using var twos = new Grouped(byTwo, RowGroups.Neighbours(byTwo, 2), default);
        using var whole = new Grouped(all, RowGroups.Neighbours(all, 4), default);
        using var look = new Lookup(some, default, level.Lanes, kind: ValueKind.Float32);
        using var strips = new Strips(byStrips, RowGroups.Neighbours(byStrips, level.Lanes), default, default, ValueKind.Float32);
        using var far = new Native<float>(16 << 20);
        using var near = new Native<float>(1 << 20);
        foreach (var values in new[] { far, near }) new Span<float>(values.Pointer, (int)values.Length).Fill(1); // pages that nobody wrote are one and the same, and in a cache
        nint from = (nint)x.Pointer, to = (nint)y.Pointer;

        var (lower, upper) = (Time(() => level.Run(few, (float*)from, width, (float*)to, width, most, false, 0, Size)), Time(() => level.Run(many, (float*)from, width, (float*)to, width, most, false, 0, Size)));
        var times = (double)many.Slices / few.Slices;
        var entry = Math.Max(0.01, (upper - lower * times) / (thick.Nonzero - thin.Nonzero * times));
        return new(
            Time(() => level.Run(whole, (float*)from, width, (float*)to, width, most, false, 0, Size / 2)) / (Size * Size / 4.0 * width),
            Time(() => Sum(far)) / far.Bytes,
            Time(() => Sum(near)) / near.Bytes,
            entry,
            Time(() => level.Run(narrow, (float*)from, level.Lanes, (float*)to, level.Lanes, 1, false, 0, Size)) / thick.Nonzero,
            Math.Max(0.1, (lower - entry * thin.Nonzero) / (Size * few.Slices)),
            Time(() => level.Run(fours, (float*)from, width, (float*)to, width, most, false, 0, Size)) / fours.Joint,
            Time(() => level.Run(twos, (float*)from, width, (float*)to, width, most, false, 0, Size)) / twos.Joint,
            Time(() => level.Run(look, (float*)from, (float*)to, Size, 1, false, 0, look.Groups)) / (Size * Size * 0.1),
            Time(() => level.Run(look, (float*)from, (float*)to, Size, 4, false, 0, look.Groups)) / (Size * Size * 0.1),
            Time(() => level.Run(strips, (float*)from, Size, (float*)to, Size, 1, false, 0, strips.Groups)) / (Size * Size * 0.1 / level.Lanes),
            Time(() => level.Transpose((float*)from, width, Size, Size, (float*)to, width)) / (Size * width));
    }

    private static double Time(Action run)
    {
        var (best, clock) = (double.PositiveInfinity, Stopwatch.StartNew());
        for (var i = 0; i < 5 || (i < 200 && clock.ElapsedMilliseconds < 4); i++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds);
        }
        return Math.Max(best, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe float Sum(Native<float> values)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        for (var i = 0L; i + 32 <= values.Length; i += 32)
        {
            a += Vector256.Load(values.Pointer + i);
            b += Vector256.Load(values.Pointer + i + 8);
            c += Vector256.Load(values.Pointer + i + 16);
            d += Vector256.Load(values.Pointer + i + 24);
        }
        return Vector256.Sum(a + b + (c + d));
    }

    private static unsafe Csr Random(int size, double density, int height)
    {
        var random = new Random(1);
        using var values = new Native<float>((long)size * size);
        for (var column = 0; column < size; column++)
            for (var row = 0; row < size; row += height)
                if (random.NextDouble() < density)
                    for (var within = row; within < Math.Min(size, row + height); within++) values[(long)column * size + within] = 1;
        return Kernels.Dense.ByColumns(values.Pointer, size, size).ToCsr();
    }
}
