using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ScottPlot;
using Secateur.Sparse.Kernels;
using Secateur.Sparse.Layers;

namespace Secateur.Bench;

/// <summary>How near each kernel comes to what the machine can: multiply-adds at most, and weights as fast as memory hands them over. And from which sparsity on each shape is faster than dense.</summary>
internal static unsafe class SparseRoofline
{
    private sealed record Point(string Kernel, string Shape, double Sparsity, double Rate, double Intensity, double Roof);

    public static void Run(Settings settings)
    {
        var level = Level.Best;
        var (peak, caches) = (Peak(), Bandwidths());
        List<Point> points = [];
        foreach (var (inputs, outputs) in new[] { (512, 2048), (768, 768), (768, 3072), (3072, 768) })
            foreach (var sparsity in new[] { 0.8, 0.9, 0.95 })
                foreach (var height in new[] { 1, 2, 4 }) points.Add(Many(level, inputs, outputs, sparsity, height, peak, caches));
        foreach (var (inputs, outputs) in new[] { (768, 3072), (4096, 12288) })
            foreach (var sparsity in new[] { 0.8, 0.9, 0.95 }) points.AddRange(Few(level, inputs, outputs, sparsity, peak, caches));
        var bandwidth = string.Join(", ", caches.Select(cache => $"{cache.Name} {cache.Rate.ToString("0", CultureInfo.InvariantCulture)} GB/s"));
        List<string[]> rows = [["kernel", "outputs x inputs", "zeros", "GFLOP/s of nonzeros", "share of peak", "FLOP a byte of weights", "roof there", "share of it"]];
        rows.AddRange(points.Select(point => new[] { point.Kernel, point.Shape, Ledger.Percent(point.Sparsity), F(point.Rate, "0"), F(100 * point.Rate / peak, "0") + " %", F(point.Intensity, "0.0"), F(point.Roof, "0"), F(100 * point.Rate / point.Roof, "0") + " %" }));
        new Ledger(settings.Name).Table("The roofline of the sparse kernels", settings.Command,
            $"One thread, {level.Name}, the least of many runs. Peak: {F(peak, "0")} GFLOP/s of multiply-adds in registers. Bandwidth, read: {bandwidth}. The roof of a kernel is the lower one of the peak and of what its packed weights, "
            + $"read once, allow at the bandwidth of where they fit. Random zeros. The picture is docs/sparse-roofline.png.\n\n{BreakEven()}", rows);
        Draw(points, peak, caches);
    }

    private static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static Point Many(Level level, int inputs, int outputs, double sparsity, int height, double peak, (string Name, long Bytes, double Rate)[] caches)
    {
        using var csr = Random(inputs, outputs, sparsity, height);
        var width = level.MostVectors * level.Lanes;
        using var x = new Native<float>((long)inputs * width);
        using var y = new Native<float>((outputs + 4L) * width);
        for (var i = 0L; i < x.Length; i++) x[i] = i % 7 - 3;
        var (from, to) = ((nint)x.Pointer, (nint)y.Pointer);
        using var single = height == 1 ? new Unstructured(csr, default, level) : null;
        using var grouped = height > 1 ? new Grouped(csr, RowGroups.Neighbours(csr, height), default) : null;
        var seconds = single is not null ? Least(() => level.Run(single, (float*)from, width, (float*)to, width, 4, false, 0, outputs)) : Least(() => level.Run(grouped!, (float*)from, width, (float*)to, width, 4, false, 0, outputs));
        return Of(height == 1 ? "unstructured, 64 tokens" : $"{height}x1, 64 tokens", 2.0 * csr.Nonzero * width, single?.Bytes ?? grouped!.Bytes);

        Point Of(string kernel, double work, long bytes) => Placed(kernel, inputs, outputs, sparsity, work, bytes, seconds, peak, caches);
    }

    private static IEnumerable<Point> Few(Level level, int inputs, int outputs, double sparsity, double peak, (string Name, long Bytes, double Rate)[] caches)
    {
        List<Point> points = [];
        using var x = new Native<float>(4L * (inputs + 64));
        using var y = new Native<float>(4L * outputs);
        var (from, to) = ((nint)x.Pointer, (nint)y.Pointer);
        using (var csr = Random(inputs, outputs, sparsity, 1))
        using (var lookup = new Lookup(csr, default, level.Lanes, kind: ValueKind.Float32))
            foreach (var tokens in new[] { 1, 4 })
                points.Add(Placed($"lookup, {tokens} tokens", inputs, outputs, sparsity, 2.0 * csr.Nonzero * tokens, lookup.Bytes, Least(() => level.Run(lookup, (float*)from, (float*)to, outputs, tokens, false, 0, lookup.Groups)), peak, caches));
        using var blocks = Random(inputs, outputs, sparsity, level.Lanes);
        foreach (var bytes in new[] { false, true })
        {
            using var strips = new Strips(blocks, RowGroups.Neighbours(blocks, level.Lanes), default, bytes ? new float[outputs] : default, bytes ? ValueKind.Int8 : ValueKind.Float32);
            points.Add(Placed($"{level.Lanes}x1{(bytes ? " of bytes" : "")}, 1 token", inputs, outputs, sparsity, 2.0 * blocks.Nonzero, strips.Bytes, Least(() => level.Run(strips, (float*)from, inputs, (float*)to, outputs, 1, false, 0, strips.Groups)), peak, caches));
        }
        return points;
    }

    private static Point Placed(string kernel, int inputs, int outputs, double sparsity, double work, long bytes, double seconds, double peak, (string Name, long Bytes, double Rate)[] caches)
    {
        var intensity = work / bytes;
        var cache = caches.First(cache => bytes <= cache.Bytes);
        return new(kernel, $"{outputs}x{inputs}", sparsity, work / seconds / 1e9, intensity, Math.Min(peak, intensity * cache.Rate));
    }

    /// <summary>By the cost model, whose speeds are measured here.</summary>
    private static string BreakEven()
    {
        var costs = Costs.Here;
        List<string[]> rows = [["outputs x inputs", "1 token", "4 tokens", "16", "128", "128, 4x1"]];
        foreach (var (outputs, inputs) in new[] { (64, 64), (256, 256), (768, 768), (3072, 768), (12288, 4096) })
            rows.Add([$"{outputs}x{inputs}", .. new long[] { 1, 4, 16, 128 }.Select(tokens => Zeros(outputs, inputs, tokens, 1)), Zeros(outputs, inputs, 128, 4)]);
        var lines = rows.Select(row => $"| {string.Join(" | ", row)} |").ToList();
        lines.Insert(1, "| --- | --- | --- | --- | --- | --- |");
        return "From these zeros on the sparse product is no slower than the dense one, by the cost model:\n\n" + string.Join('\n', lines);

        string Zeros(int outputs, int inputs, long tokens, int height)
        {
            for (var percent = 99; percent >= 0; percent--)
                if (costs.Product(Census(percent / 100.0), tokens) > costs.DenseProduct(Census(percent / 100.0), tokens)) return percent == 99 ? "never" : $"{percent + 1} %";
            return "always";

            Census Census(double sparsity)
            {
                long Joint(int rows) => (long)((double)outputs * inputs / rows * (1 - Math.Pow(sparsity, Math.Max(1, rows / height))));
                return new(outputs, inputs, (long)((double)outputs * inputs * (1 - sparsity)), Joint(2), Joint(4), Joint(16));
            }
        }
    }

    private static void Draw(List<Point> points, double peak, (string Name, long Bytes, double Rate)[] caches)
    {
        using var plot = new Plot();
        foreach (var cache in caches)
        {
            double[] at = [0.05, peak / cache.Rate, 1000];
            var roof = plot.Add.Scatter(at.Select(Math.Log10).ToArray(), at.Select(intensity => Math.Log10(Math.Min(peak, intensity * cache.Rate))).ToArray());
            (roof.MarkerSize, roof.LegendText, roof.LineWidth) = (0, $"{cache.Name}, {F(cache.Rate, "0")} GB/s", 2);
        }
        foreach (var kernel in points.GroupBy(point => point.Kernel))
        {
            var marks = plot.Add.ScatterPoints(kernel.Select(point => Math.Log10(point.Intensity)).ToArray(), kernel.Select(point => Math.Log10(point.Rate)).ToArray());
            (marks.LegendText, marks.MarkerSize) = (kernel.Key, 8);
        }
        static string Tick(double power) => F(Math.Pow(10, power), "0.##");
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { LabelFormatter = Tick, IntegerTicksOnly = true };
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { LabelFormatter = Tick, IntegerTicksOnly = true };
        plot.Axes.SetLimits(-1, 3, 0, 2.7);
        plot.XLabel("FLOP for each byte of packed weights");
        plot.YLabel("GFLOP/s of nonzeros, one thread");
        plot.Title($"Sparse kernels under the roofline ({Level.Best.Name})");
        plot.ShowLegend(Alignment.LowerRight);
        plot.SavePng(Path.Combine("docs", "sparse-roofline.png"), 900, 600);
    }

    /// <summary>GFLOP/s of multiply-adds that wait for nothing.</summary>
    private static double Peak()
    {
        const int Rounds = 20_000;
        var sink = 0f;
        var seconds = Least(() => sink += Multiply(Rounds));
        return 10.0 * Rounds * 2 * Vector512<float>.Count / seconds / 1e9 + (float.IsNaN(sink) ? 1 : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Multiply(int rounds)
    {
        var (a, b) = (Vector512.Create(0.5f), Vector512.Create(0.25f));
        Vector512<float> s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a;
        for (var i = 0; i < rounds; i++)
        {
            s0 = Vector512.MultiplyAddEstimate(s0, b, a);
            s1 = Vector512.MultiplyAddEstimate(s1, b, a);
            s2 = Vector512.MultiplyAddEstimate(s2, b, a);
            s3 = Vector512.MultiplyAddEstimate(s3, b, a);
            s4 = Vector512.MultiplyAddEstimate(s4, b, a);
            s5 = Vector512.MultiplyAddEstimate(s5, b, a);
            s6 = Vector512.MultiplyAddEstimate(s6, b, a);
            s7 = Vector512.MultiplyAddEstimate(s7, b, a);
            s8 = Vector512.MultiplyAddEstimate(s8, b, a);
            s9 = Vector512.MultiplyAddEstimate(s9, b, a);
        }
        return Vector512.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9);
    }

    /// <summary>Of sets of weights that are read again and again.</summary>
    private static (string Name, long Bytes, double Rate)[] Bandwidths() =>
        [.. new[] { ("second cache", 900L << 10, 512L << 10), ("third cache", 24L << 20, 6L << 20), ("memory", long.MaxValue, 256L << 20) }.Select(cache => (cache.Item1, cache.Item2, Read(cache.Item3)))];

    private static double Read(long bytes)
    {
        using var values = new Native<float>(bytes / sizeof(float));
        new Span<float>(values.Pointer, (int)values.Length).Fill(1); // pages that nobody wrote are one and the same, and in a cache
        var (sink, from) = (0f, (nint)values.Pointer);
        var seconds = Least(() => sink += Sum((float*)from, bytes / sizeof(float)));
        return bytes / seconds / 1e9 + (float.IsNaN(sink) ? 1 : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(float* from, long count)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        for (var end = from + count; from < end; from += 64)
        {
            a += Vector512.Load(from);
            b += Vector512.Load(from + 16);
            c += Vector512.Load(from + 32);
            d += Vector512.Load(from + 48);
        }
        return Vector512.Sum(a + b + c + d);
    }

    private static Csr Random(int inputs, int outputs, double sparsity, int height)
    {
        var random = new Random(1);
        using var weights = new Native<float>((long)inputs * outputs);
        for (var output = 0; output < outputs; output += height)
            for (var input = 0; input < inputs; input++)
                if (random.NextDouble() >= sparsity)
                    for (var member = output; member < Math.Min(outputs, output + height); member++) weights[(long)member * inputs + input] = random.Next(1, 100);
        return Dense.ByRows(weights.Pointer, outputs, inputs).ToCsr();
    }

    private static double Least(Action run)
    {
        var (best, clock) = (double.PositiveInfinity, Stopwatch.StartNew());
        for (var i = 0; i < 10 || (i < 1000 && clock.ElapsedMilliseconds < 150); i++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}
