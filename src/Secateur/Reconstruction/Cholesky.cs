using System.Numerics;
using System.Runtime.InteropServices;

namespace Secateur.Reconstruction;

/// <summary>Solves A·x = b for symmetric positive A. Thousands of small systems go many times faster so than by calls of a library with a pool of threads.</summary>
internal static class Cholesky
{
    /// <param name="a">[n, n], of which the lower half is read and written over.</param>
    /// <param name="b">[n]; becomes x.</param>
    /// <returns>False where A is not positive in double precision; b is then spoilt.</returns>
    public static bool Solve(Span<double> a, Span<double> b)
    {
        var n = b.Length;
        for (var i = 0; i < n; i++)
        {
            var row = a.Slice(i * n, n);
            for (var j = 0; j < i; j++) row[j] = (row[j] - Dot(row[..j], a.Slice(j * n, j))) / a[j * n + j];
            var rest = row[i] - Dot(row[..i], row[..i]);
            if (!(rest > 0)) return false;
            row[i] = Math.Sqrt(rest);
            b[i] = (b[i] - Dot(row[..i], b[..i])) / row[i];
        }
        for (var i = n - 1; i >= 0; i--)
        {
            b[i] /= a[i * n + i];
            for (var j = 0; j < i; j++) b[j] -= a[i * n + j] * b[i];
        }
        return true;
    }

    private static double Dot(ReadOnlySpan<double> one, ReadOnlySpan<double> other)
    {
        var many = MemoryMarshal.Cast<double, Vector<double>>(one);
        var others = MemoryMarshal.Cast<double, Vector<double>>(other);
        var (first, second, i) = (Vector<double>.Zero, Vector<double>.Zero, 0);
        for (; i + 1 < many.Length; i += 2)
        {
            first += many[i] * others[i];
            second += many[i + 1] * others[i + 1];
        }
        if (i < many.Length) first += many[i] * others[i];
        var sum = Vector.Sum(first + second);
        for (i = many.Length * Vector<double>.Count; i < one.Length; i++) sum += one[i] * other[i];
        return sum;
    }
}
