namespace Secateur.Sparse.Provider;

/// <summary>ONNX's broadcasting of two shapes, for what is rare: nothing here is fast.</summary>
internal static unsafe class Broadcast
{
    public static long Elements(ReadOnlySpan<long> shape)
    {
        var elements = 1L;
        foreach (var extent in shape) elements *= extent;
        return elements;
    }

    /// <summary>The shape of a sum; null where they do not fit.</summary>
    public static long[]? Sum(ReadOnlySpan<long> left, ReadOnlySpan<long> right)
    {
        var sum = new long[Math.Max(left.Length, right.Length)];
        for (var axis = 1; axis <= sum.Length; axis++)
        {
            var (a, b) = (axis > left.Length ? 1 : left[^axis], axis > right.Length ? 1 : right[^axis]);
            if (a != b && a != 1 && b != 1) return null;
            sum[^axis] = a == 1 ? b : a;
        }
        return sum;
    }

    /// <summary>Values of a shape, repeated to a larger one.</summary>
    public static void Spread(float* from, ReadOnlySpan<long> shape, float* to, ReadOnlySpan<long> larger)
    {
        var strides = new long[larger.Length];
        var stride = 1L;
        for (var axis = 1; axis <= shape.Length; stride *= shape[^axis], axis++) strides[^axis] = shape[^axis] == 1 ? 0 : stride;
        var place = new long[larger.Length];
        var source = 0L;
        for (var i = Elements(larger); i > 0; i--)
        {
            *to++ = from[source];
            for (var axis = larger.Length - 1; axis >= 0; axis--)
            {
                source += strides[axis];
                if (++place[axis] < larger[axis]) break;
                source -= strides[axis] * larger[axis];
                place[axis] = 0;
            }
        }
    }
}
